// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.store.LockTimeoutException;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * A JVM and a Python process that lock the same file exclude each other, as this library
 * and Hermes agent do. Needs {@code python3}, and JNA on the class path.
 */
@Tag("python")
class PythonFlockTests {

	private static final GrantKey KEY = GrantKey.of("linear");

	private static final String HOLD = """
			import fcntl, os, sys
			fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
			fcntl.flock(fd, fcntl.LOCK_EX)
			print("held", flush=True)
			sys.stdin.readline()
			fcntl.flock(fd, fcntl.LOCK_UN)
			print("released", flush=True)
			""";

	private static final String TRY = """
			import fcntl, os, sys
			fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
			try:
			    fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
			    print("locked", flush=True)
			except BlockingIOError:
			    print("busy", flush=True)
			""";

	@TempDir
	private Path directory;

	@Test
	@DisplayName("A Python process that holds flock keeps the JVM out")
	void lockedWhenPythonHoldsFlockWaitsForIt() throws IOException {
		Process python = python(HOLD);
		try (BufferedReader output = output(python)) {
			assertThat(output.readLine()).isEqualTo("held");
			assertThatExceptionOfType(LockTimeoutException.class).isThrownBy(() -> lock(Duration.ofMillis(200)));
			Mono<String> waiter = store().locked(KEY, StoreProcess.PATIENCE, Mono.just("locked")).cache();
			waiter.subscribe();
			OutputStream input = python.getOutputStream();
			input.write('\n');
			input.flush();
			assertThat(waiter.block(StoreProcess.PATIENCE)).isEqualTo("locked");
			assertThat(output.readLine()).isEqualTo("released");
		}
		finally {
			python.destroyForcibly();
		}
	}

	@Test
	@DisplayName("The JVM keeps out a Python process that wants flock")
	void lockedWhenHeldKeepsPythonOut() throws IOException {
		String result = store().locked(KEY, StoreProcess.PATIENCE, Mono.fromCallable(this::tryToLock))
			.block(StoreProcess.PATIENCE);
		assertThat(result).isEqualTo("busy");
		assertThat(tryToLock()).isEqualTo("locked");
	}

	@Test
	@DisplayName("The JVM keeps out a Python process while other work is cancelled")
	void lockedWhenAnotherWaiterIsCancelledStillKeepsPythonOut() {
		String result = store().locked(KEY, StoreProcess.PATIENCE, Mono.fromCallable(() -> {
			store().locked(KEY, StoreProcess.PATIENCE, Mono.never()).subscribe().dispose();
			return tryToLock();
		})).block(StoreProcess.PATIENCE);
		assertThat(result).isEqualTo("busy");
	}

	@Test
	@DisplayName("The kernel releases the flock of a Python process that is killed")
	void lockedWhenPythonIsKilledGoesToTheWaiter() throws IOException {
		Process python = python(HOLD);
		try (BufferedReader output = output(python)) {
			assertThat(output.readLine()).isEqualTo("held");
			Mono<String> waiter = store().locked(KEY, StoreProcess.PATIENCE, Mono.just("locked")).cache();
			waiter.subscribe();
			python.destroyForcibly();
			assertThat(waiter.block(StoreProcess.PATIENCE)).isEqualTo("locked");
		}
	}

	private FileTokenStore store() {
		return new FileTokenStore(this.directory);
	}

	private void lock(Duration wait) {
		store().locked(KEY, wait, Mono.just("locked")).block(StoreProcess.PATIENCE);
	}

	private String tryToLock() throws IOException {
		Process python = python(TRY);
		try (BufferedReader output = output(python)) {
			return String.valueOf(output.readLine());
		}
		finally {
			python.destroyForcibly();
		}
	}

	private Process python(String script) throws IOException {
		return new ProcessBuilder("python3", "-c", script,
				this.directory.resolve("linear.json.refresh.lock").toString())
			.redirectError(ProcessBuilder.Redirect.INHERIT)
			.start();
	}

	private static BufferedReader output(Process process) {
		return new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
	}

}
