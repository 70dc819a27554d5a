// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.io.Closeable;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Objects;

import com.sun.jna.LastErrorException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.assertj.core.api.Assertions.assertThatNoException;

/**
 * Tests for {@link JnaFlock} with a C library that fails.
 */
@ExtendWith(OutputCaptureExtension.class)
class JnaFlockTests {

	private static final Path FILE = Path.of("/tokens/demo.lock");

	private static final int ENOENT = 2;

	private static final int EINTR = 4;

	private static final int EIO = 5;

	private static final int EACCES = 13;

	private static final int DESCRIPTOR = 7;

	private final ScriptedLibC libc = new ScriptedLibC();

	private final Flock.Locker locker = JnaFlock.locker(this.libc);

	@Test
	void lockWhenFileIsGoneSaysSo() {
		this.libc.open = ENOENT;
		assertThatExceptionOfType(NoSuchFileException.class).isThrownBy(() -> this.locker.lock(FILE));
	}

	@Test
	void lockWhenFileCannotBeOpenedFails() {
		this.libc.open = EACCES;
		assertThatIOException().isThrownBy(() -> this.locker.lock(FILE)).withMessageStartingWith("flock failed: ");
	}

	@Test
	void lockWhenInterruptedBySignalsWaitsOn() throws Exception {
		this.libc.flock.add(EINTR);
		this.libc.flock.add(EINTR);
		Closeable lock = Objects.requireNonNull(this.locker.lock(FILE));
		assertThat(this.libc.calls).containsExactly("open", "flock 2", "flock 2", "flock 2");
		lock.close();
		assertThat(this.libc.calls).endsWith("flock 8", "close");
	}

	@ParameterizedTest
	@ValueSource(ints = { 22, 37, 38, 95 })
	void lockWhenFileSystemHasNoFlockWarnsAndGoesOnWithout(int error, CapturedOutput output) throws Exception {
		this.libc.flock.add(error);
		assertThat(this.locker.lock(FILE)).isNull();
		assertThat(this.libc.calls).endsWith("close");
		assertThat(output).contains("The file system of /tokens/demo.lock has no flock(2)");
	}

	@Test
	void lockWhenLockingFailsClosesTheFile() {
		this.libc.flock.add(EIO);
		assertThatIOException().isThrownBy(() -> this.locker.lock(FILE)).withMessageStartingWith("flock failed: ");
		assertThat(this.libc.calls).endsWith("close");
	}

	@Test
	void closeWhenUnlockingFailsClosesTheFileWhichUnlocksIt() throws Exception {
		Closeable lock = Objects.requireNonNull(this.locker.lock(FILE));
		this.libc.flock.add(EIO);
		assertThatNoException().isThrownBy(lock::close);
		assertThat(this.libc.calls).endsWith("close");
	}

	@Test
	void closeWhenFileCannotBeClosedFails() throws Exception {
		Closeable lock = Objects.requireNonNull(this.locker.lock(FILE));
		this.libc.close = EIO;
		assertThatIOException().isThrownBy(lock::close).withMessageStartingWith("Cannot close a lock file: ");
	}

	/**
	 * Fails with the given error numbers.
	 */
	private static final class ScriptedLibC implements JnaFlock.LibC {

		private final List<String> calls = new ArrayList<>();

		private final Deque<Integer> flock = new ArrayDeque<>();

		private int open;

		private int close;

		@Override
		public int open(String path, int flags) {
			this.calls.add("open");
			fail(this.open);
			return DESCRIPTOR;
		}

		@Override
		public int flock(int descriptor, int operation) {
			assertThat(descriptor).isEqualTo(DESCRIPTOR);
			this.calls.add("flock " + operation);
			Integer error = this.flock.poll();
			fail((error != null) ? error : 0);
			return 0;
		}

		@Override
		public int close(int descriptor) {
			assertThat(descriptor).isEqualTo(DESCRIPTOR);
			this.calls.add("close");
			fail(this.close);
			return 0;
		}

		private static void fail(int error) {
			if (error != 0) {
				throw new LastErrorException(error);
			}
		}

	}

}
