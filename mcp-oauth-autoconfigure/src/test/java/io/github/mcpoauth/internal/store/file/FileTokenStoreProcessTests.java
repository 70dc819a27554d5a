// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import java.util.stream.Stream;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.store.record.GrantDocument;
import io.github.mcpoauth.store.LockTimeoutException;
import io.github.mcpoauth.store.StoredGrant;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests for {@link FileTokenStore} with real processes.
 */
class FileTokenStoreProcessTests {

	private static final GrantKey KEY = GrantKey.of("linear");

	@TempDir
	private Path directory;

	@Test
	@DisplayName("Law 12: killed 200 times while it writes files, a process leaves the old one or the new one")
	void replaceWhenWriterIsKilledLeavesTheOldOrTheNewFile() throws IOException {
		Random random = new Random(20300102);
		int torn = 0;
		long next = 1;
		Files.write(this.directory.resolve(FileWriter.TEMPLATE),
				GrantDocument.render(StoreProcess.grant(KEY, FileWriter.PLACEHOLDER)));
		for (int i = 0; i < 200; i++) {
			long written;
			try (StoreProcess writer = StoreProcess.start(FileWriter.class, this.directory.toString(),
					Long.toString(next))) {
				written = killAmidst(writer, random);
			}
			torn += removeDrafts();
			Grant grant = load();
			assertThat(grant.generation()).isBetween(written, written + 1);
			assertThat(grant).isEqualTo(StoreProcess.grant(KEY, grant.generation()));
			next = grant.generation() + 1;
		}
		assertThat(torn).as("kills in the middle of a write").isPositive();
	}

	@Test
	@DisplayName("Law 12: a process that is killed while it saves leaves the old record or the new one, and no lock")
	void saveWhenWriterIsKilledLeavesTheOldOrTheNewRecord() throws IOException {
		Random random = new Random(20300103);
		long before = 0;
		for (int i = 0; i < 10; i++) {
			long written;
			try (StoreProcess writer = StoreProcess.start("write", this.directory, KEY.server(), "1000000")) {
				written = killAmidst(writer, random);
			}
			Grant grant = load();
			assertThat(grant.generation()).isBetween(written, written + 1).isGreaterThan(before);
			assertThat(grant).isEqualTo(StoreProcess.grant(KEY, grant.generation()));
			before = grant.generation();
		}
		assertThat(lock(StoreProcess.PATIENCE)).isEqualTo("locked");
	}

	@Test
	@DisplayName("F12: 12 writer processes, 12 records")
	void saveWhenManyProcessesWriteLosesNoRecord() {
		List<String> servers = IntStream.range(0, 12).mapToObj((index) -> "server-" + index).toList();
		List<StoreProcess> writers = new ArrayList<>();
		try {
			servers.forEach((server) -> writers.add(StoreProcess.start("write", this.directory, server, "5")));
			writers.forEach((writer) -> {
				assertThat(writer.readRest()).containsExactly("1", "2", "3", "4", "5");
				writer.expectEnd();
			});
		}
		finally {
			writers.forEach(StoreProcess::close);
		}
		for (String server : servers) {
			GrantKey key = GrantKey.of(server);
			StoredGrant stored = store().load(key).block(StoreProcess.PATIENCE);
			assertThat(stored).extracting(StoredGrant::grant).isEqualTo(StoreProcess.grant(key, 5));
		}
	}

	@Test
	@DisplayName("S1: processes that bind at the same time are told of the same issuer")
	void bindIssuerWhenProcessesBindAtTheSameTimeAnswersTheSameToAll() {
		List<String> issuers = List.of("https-one", "https-two", "https-three");
		List<StoreProcess> processes = issuers.stream()
			.map((issuer) -> StoreProcess.start("bind", this.directory, issuer, "200"))
			.toList();
		try {
			processes.forEach((process) -> process.expect("ready"));
			processes.forEach(StoreProcess::proceed);
			List<List<String>> bound = processes.stream().map(StoreProcess::readRest).toList();
			assertThat(bound).allSatisfy((answers) -> assertThat(answers).hasSize(200).isEqualTo(bound.get(0)));
			assertThat(issuers).containsAll(bound.get(0));
		}
		finally {
			processes.forEach(StoreProcess::close);
		}
	}

	@Test
	@DisplayName("F12: processes that write the same record under its lock lose no write")
	void saveWhenManyProcessesWriteTheSameRecordLosesNoWrite() {
		List<StoreProcess> writers = new ArrayList<>();
		try {
			for (int i = 0; i < 3; i++) {
				writers.add(StoreProcess.start("increment", this.directory, KEY.server(), "10"));
			}
			writers.forEach((writer) -> {
				assertThat(writer.readRest()).hasSize(10);
				writer.expectEnd();
			});
		}
		finally {
			writers.forEach(StoreProcess::close);
		}
		assertThat(load()).isEqualTo(StoreProcess.grant(KEY, 30));
	}

	@ParameterizedTest(name = "with JNA: {0}")
	@ValueSource(booleans = { true, false })
	@DisplayName("The lock excludes another process, with and without flock")
	void lockedWhenAnotherProcessHoldsTheLockWaitsForIt(boolean jna) {
		try (StoreProcess holder = StoreProcess.start(List.of(), StoreProcess.classPath(jna), "hold", this.directory,
				KEY.server())) {
			holder.expect("held linear");
			assertThatExceptionOfType(LockTimeoutException.class).isThrownBy(() -> lock(Duration.ofMillis(100)))
				.withMessageContaining("linear.json.refresh.lock");
			Mono<String> waiter = store().locked(KEY, StoreProcess.PATIENCE, Mono.just("locked")).cache();
			waiter.subscribe();
			holder.proceed();
			assertThat(waiter.block(StoreProcess.PATIENCE)).isEqualTo("locked");
			holder.expect("released linear");
			holder.expectEnd();
		}
	}

	@ParameterizedTest(name = "with JNA: {0}")
	@ValueSource(booleans = { true, false })
	@DisplayName("The lock keeps another process out, with and without flock")
	void lockedWhenHeldKeepsAnotherProcessOut(boolean jna) {
		String result = store().locked(KEY, StoreProcess.PATIENCE, Mono.fromCallable(() -> tryToLock(jna, 100)))
			.block(StoreProcess.PATIENCE);
		assertThat(result).startsWith("LockTimeoutException");
		assertThat(tryToLock(jna, 60000)).isEqualTo("locked");
	}

	@Test
	@DisplayName("The kernel releases the lock of a process that is killed")
	void lockedWhenHolderIsKilledGoesToTheWaiter() {
		try (StoreProcess holder = StoreProcess.start("hold", this.directory, KEY.server())) {
			holder.expect("held linear");
			Mono<String> waiter = store().locked(KEY, StoreProcess.PATIENCE, Mono.just("locked")).cache();
			waiter.subscribe();
			holder.kill();
			assertThat(waiter.block(StoreProcess.PATIENCE)).isEqualTo("locked");
		}
	}

	@Test
	@DisplayName("F24: a waiter that gave up does not take the lock when its holder ends")
	void lockedWhenWaiterGaveUpLeavesTheLockToOtherProcesses() {
		try (StoreProcess holder = StoreProcess.start("hold", this.directory, KEY.server())) {
			holder.expect("held linear");
			assertThatExceptionOfType(LockTimeoutException.class).isThrownBy(() -> lock(Duration.ofMillis(50)));
			holder.proceed();
			holder.expectEnd();
		}
		assertThat(tryToLock(true, 60000)).isEqualTo("locked");
		assertThat(lock(StoreProcess.PATIENCE)).isEqualTo("locked");
	}

	@Test
	@DisplayName("Two processes that each hold a lock and wait for one of the other are not taken for deadlocked")
	void lockedWhenTheKernelSeesADeadlockThatIsNoneWaits() {
		try (StoreProcess other = StoreProcess.start(List.of(), StoreProcess.classPath(false), "holdAndWait",
				this.directory, "github", KEY.server())) {
			other.expect("held github");
			String result = store().locked(KEY, StoreProcess.PATIENCE, Mono.defer(() -> {
				other.proceed();
				other.expect("waiting for linear");
				return store().locked(GrantKey.of("github"), Duration.ofMillis(300), Mono.just("locked"))
					.onErrorReturn(LockTimeoutException.class, "gave up");
			})).block(StoreProcess.PATIENCE);
			assertThat(result).isEqualTo("gave up");
			other.expect("held linear");
			other.proceed();
			other.expect("released linear");
			other.expect("released github");
			other.expectEnd();
		}
		assertThat(store().locked(GrantKey.of("github"), StoreProcess.PATIENCE, Mono.just("locked"))
			.block(StoreProcess.PATIENCE)).isEqualTo("locked");
	}

	@Test
	void lockedWhenLockFileIsRemovedMeanwhileStillExcludes() throws IOException {
		try (StoreProcess holder = StoreProcess.start("hold", this.directory, KEY.server())) {
			holder.expect("held linear");
			Mono<String> waiter = store()
				.locked(KEY, StoreProcess.PATIENCE, Mono.fromCallable(() -> tryToLock(true, 100)))
				.cache();
			waiter.subscribe();
			awaitWaiter();
			Files.delete(this.directory.resolve("linear.json.refresh.lock"));
			holder.proceed();
			holder.expectEnd();
			assertThat(waiter.block(StoreProcess.PATIENCE)).startsWith("LockTimeoutException");
		}
	}

	@Test
	@DisplayName("A write that the device refuses is a named error and loses nothing")
	void saveWhenDeviceIsFullFailsAndKeepsTheRecord() throws IOException {
		try (StoreProcess writer = StoreProcess.start("write", this.directory, KEY.server(), "1")) {
			writer.expect("1");
			writer.expectEnd();
		}
		List<String> full = List.of("sh", "-c", "ulimit -f 0; exec \"$0\" \"$@\"");
		try (StoreProcess writer = StoreProcess.start(full, StoreProcess.classPath(false), "tryToWrite", this.directory,
				KEY.server())) {
			writer.expect("read 1");
			assertThat(writer.readLine()).startsWith("TokenStoreException: Cannot write")
				.contains("linear.json of MCP server 'linear'");
			writer.expectEnd();
		}
		assertThat(load()).isEqualTo(StoreProcess.grant(KEY, 1));
		assertThat(removeDrafts()).isZero();
	}

	@Test
	@DisplayName("In a directory that cannot be written to, grants are read, and nothing is locked or lost")
	void saveWhenDirectoryIsReadOnlyFailsAndReadingGoesOn(@TempDir Path libraries) throws IOException {
		try (StoreProcess writer = StoreProcess.start("write", this.directory, KEY.server(), "1")) {
			writer.expect("1");
			writer.expectEnd();
		}
		Files.setPosixFilePermissions(this.directory.resolve("linear.json"),
				PosixFilePermissions.fromString("r--r--r--"));
		Files.delete(this.directory.resolve("linear.json.refresh.lock"));
		Files.setPosixFilePermissions(this.directory, PosixFilePermissions.fromString("r-xr-xr-x"));
		List<String> unprivileged = List.of("sh", "-c", "[ $(id -u) = 0 ] || exec \"$0\" \"$@\"; "
				+ "exec setpriv --reuid=65534 --regid=65534 --clear-groups \"$0\" \"$@\"");
		String classPath = StoreProcess.copy(StoreProcess.classPath(true), libraries);
		try (StoreProcess writer = StoreProcess.start(unprivileged, classPath, "tryToWrite", this.directory,
				KEY.server())) {
			writer.expect("read 1");
			assertThat(writer.readLine()).startsWith("TokenStoreException: Cannot write")
				.contains("linear.json of MCP server 'linear': permission denied");
			writer.expectEnd();
		}
		try (StoreProcess process = StoreProcess.start(unprivileged, classPath, "tryToLock", this.directory,
				KEY.server(), "60000")) {
			assertThat(process.readLine()).startsWith("TokenStoreException: Cannot lock")
				.contains("permission denied")
				.contains("nothing is sent");
			process.expectEnd();
		}
		assertThat(load()).isEqualTo(StoreProcess.grant(KEY, 1));
		Files.setPosixFilePermissions(this.directory, PosixFilePermissions.fromString("rwx------"));
	}

	/**
	 * Kill a writer in the middle of its work.
	 * @return the last generation that it said it had written
	 */
	private static long killAmidst(StoreProcess writer, Random random) {
		String last = null;
		for (int lines = 1 + random.nextInt(5); lines > 0; lines--) {
			last = writer.readLine();
		}
		LockSupport.parkNanos(random.nextLong(TimeUnit.MILLISECONDS.toNanos(3)));
		writer.kill();
		List<String> rest = writer.readRest();
		assertThat(last).isNotNull();
		return Long.parseLong(rest.isEmpty() ? last : rest.get(rest.size() - 1));
	}

	/**
	 * Wait until this process waits for the lock of another one.
	 */
	private static void awaitWaiter() {
		Awaitility.await()
			.atMost(StoreProcess.PATIENCE)
			.until(() -> Thread.getAllStackTraces()
				.values()
				.stream()
				.flatMap(Stream::of)
				.anyMatch((frame) -> frame.getClassName().equals(JnaFlock.class.getName())
						|| frame.getMethodName().equals("lockRecord")));
	}

	private int removeDrafts() throws IOException {
		try (Stream<Path> files = Files.list(this.directory)) {
			List<Path> drafts = files.filter((file) -> file.toString().endsWith(".tmp")).toList();
			for (Path draft : drafts) {
				Files.delete(draft);
			}
			return drafts.size();
		}
	}

	private FileTokenStore store() {
		return new FileTokenStore(this.directory);
	}

	private Grant load() {
		StoredGrant stored = Objects.requireNonNull(store().load(KEY).block(StoreProcess.PATIENCE));
		return Objects.requireNonNull(stored.grant());
	}

	private String lock(Duration wait) {
		return String.valueOf(store().locked(KEY, wait, Mono.just("locked")).block(StoreProcess.PATIENCE));
	}

	private String tryToLock(boolean jna, long wait) {
		try (StoreProcess process = StoreProcess.start(List.of(), StoreProcess.classPath(jna), "tryToLock",
				this.directory, KEY.server(), Long.toString(wait))) {
			return String.valueOf(process.readLine());
		}
	}

}
