// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.store.file;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.StringJoiner;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.sun.jna.Native;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.testing.MainProcess;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Mono;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.json.JsonMapper;

import org.springframework.util.Assert;
import org.springframework.util.FileSystemUtils;
import org.springframework.web.ErrorResponse;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Another process that uses a {@link FileTokenStore}. It speaks in lines: what it did
 * comes out, and a line that goes in lets it go on.
 */
public final class StoreProcess implements AutoCloseable {

	static final Duration PATIENCE = Duration.ofSeconds(60);

	private final Process process;

	private final BufferedReader output;

	private StoreProcess(Process process) {
		this.process = process;
		this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
	}

	/**
	 * Start a process.
	 * @param command the name of a static method of this class that takes a store and
	 * arguments
	 * @param directory the directory of the store
	 * @param arguments further arguments
	 * @return the process
	 */
	static StoreProcess start(String command, Path directory, String... arguments) {
		return start(List.of(), classPath(true), command, directory, arguments);
	}

	/**
	 * Start a process.
	 * @param launcher a command that starts a command
	 * @param classPath the class path
	 * @param command the name of a static method of this class that takes a store and
	 * arguments
	 * @param directory the directory of the store
	 * @param arguments further arguments
	 * @return the process
	 */
	static StoreProcess start(List<String> launcher, String classPath, String command, Path directory,
			String... arguments) {
		List<String> line = new ArrayList<>(launcher);
		line.addAll(java(classPath, StoreProcess.class, command, directory.toString()));
		line.addAll(List.of(arguments));
		return start(line);
	}

	/**
	 * Start a process that has nothing but the JDK and starts as fast.
	 * @param main its main class
	 * @param arguments the arguments
	 * @return the process
	 */
	static StoreProcess start(Class<?> main, String... arguments) {
		return start(java(join(Stream.of(RecordDirectory.class, main)), main, arguments));
	}

	private static List<String> java(String classPath, Class<?> main, String... arguments) {
		return MainProcess.java(List.of("-Xshare:auto", "-Xmx64m"), List.of(classPath), main, arguments);
	}

	private static StoreProcess start(List<String> line) {
		try {
			return new StoreProcess(new ProcessBuilder(line).redirectError(ProcessBuilder.Redirect.INHERIT).start());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	void expect(String line) {
		assertThat(readLine()).isEqualTo(line);
	}

	@Nullable String readLine() {
		try {
			return this.output.readLine();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Read all that is left, up to the end.
	 * @return complete lines
	 */
	List<String> readRest() {
		return this.output.lines().toList();
	}

	void proceed() {
		try {
			this.process.getOutputStream().write('\n');
			this.process.getOutputStream().flush();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * End it at once, with SIGKILL where there is such.
	 */
	void kill() {
		// Not by the process itself, which would throw away its output
		this.process.toHandle().destroyForcibly();
	}

	void expectEnd() {
		try {
			assertThat(this.process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
			assertThat(this.process.exitValue()).isZero();
		}
		catch (InterruptedException ex) {
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public void close() {
		kill();
	}

	public static void main(String[] arguments) throws Exception {
		FileTokenStore store = new FileTokenStore(Path.of(arguments[1]));
		StoreProcess.class.getDeclaredMethod(arguments[0], FileTokenStore.class, String[].class)
			.invoke(null, store, List.of(arguments).subList(2, arguments.length).toArray(String[]::new));
		System.exit(0);
	}

	/**
	 * Replace a record again and again.
	 */
	static void write(FileTokenStore store, String... arguments) {
		GrantKey key = GrantKey.of(arguments[0]);
		long times = Long.parseLong(arguments[1]);
		StoredGrant stored = store.load(key).block(PATIENCE);
		Grant current = (stored != null) ? stored.grant() : null;
		for (long i = 0; i < times; i++) {
			Grant next = grant(key, (current != null) ? current.generation() + 1 : 1);
			store.locked(key, PATIENCE, store.save(key, next, current)).block(PATIENCE);
			current = next;
			say(Long.toString(next.generation()));
		}
	}

	/**
	 * Read a record and write the next one, all under its lock.
	 */
	static void increment(FileTokenStore store, String... arguments) {
		GrantKey key = GrantKey.of(arguments[0]);
		long times = Long.parseLong(arguments[1]);
		for (long i = 0; i < times; i++) {
			StoredGrant saved = store.locked(key, PATIENCE, store.load(key).flatMap((stored) -> {
				Grant current = stored.grant();
				return store.save(key, grant(key, (current != null) ? current.generation() + 1 : 1), current);
			})).block(PATIENCE);
			say(String.valueOf(saved));
		}
	}

	/**
	 * Bind the credentials of servers to an issuer, when told to.
	 */
	static void bind(FileTokenStore store, String... arguments) throws IOException {
		store.bindIssuer(GrantKey.of("first-" + arguments[0]), arguments[0]).block(PATIENCE);
		say("ready");
		awaitLine();
		for (int i = 0; i < Integer.parseInt(arguments[1]); i++) {
			say(String.valueOf(store.bindIssuer(GrantKey.of("server-" + i), arguments[0]).block(PATIENCE)));
		}
	}

	/**
	 * Hold a lock until told to go on.
	 */
	static void hold(FileTokenStore store, String... arguments) {
		store.locked(GrantKey.of(arguments[0]), PATIENCE, Mono.fromCallable(() -> {
			say("held " + arguments[0]);
			awaitLine();
			return arguments[0];
		})).block(PATIENCE);
		say("released " + arguments[0]);
	}

	/**
	 * Hold a lock and wait for another one.
	 */
	static void holdAndWait(FileTokenStore store, String... arguments) {
		store.locked(GrantKey.of(arguments[0]), PATIENCE, Mono.fromCallable(() -> {
			say("held " + arguments[0]);
			awaitLine();
			say("waiting for " + arguments[1]);
			hold(store, arguments[1]);
			return arguments[0];
		})).block(PATIENCE);
		say("released " + arguments[0]);
	}

	/**
	 * Try to get a lock, after another one, so that the time it takes to load classes
	 * does not count.
	 */
	static void tryToLock(FileTokenStore store, String... arguments) {
		store.locked(GrantKey.of("another"), PATIENCE, Mono.empty()).onErrorComplete().block(PATIENCE);
		String result = store
			.locked(GrantKey.of(arguments[0]), Duration.ofMillis(Long.parseLong(arguments[1])), Mono.just("locked"))
			.onErrorResume((ex) -> Mono.just(ex.getClass().getSimpleName() + ": " + ex.getMessage()))
			.block(PATIENCE);
		say(String.valueOf(result));
	}

	/**
	 * Read, which must be possible, and try to write.
	 */
	static void tryToWrite(FileTokenStore store, String... arguments) {
		GrantKey key = GrantKey.of(arguments[0]);
		StoredGrant stored = store.load(key).block(PATIENCE);
		Grant current = (stored != null) ? stored.grant() : null;
		say("read " + ((current != null) ? current.generation() : null));
		String result = store.save(key, grant(key, 1000), current)
			.map((saved) -> "written")
			.onErrorResume((ex) -> Mono.just(ex.getClass().getSimpleName() + ": " + ex.getMessage()))
			.block(PATIENCE);
		say(String.valueOf(result));
	}

	/**
	 * Make a record that cannot be taken for another one, nor for half of two.
	 * @param key the grant
	 * @param generation its generation
	 * @return a new grant
	 */
	static Grant grant(GrantKey key, long generation) {
		return Grant.with(Secret.of((key + "-access-" + generation + "-").repeat(100)))
			.refreshToken(Secret.of(key + "-refresh-" + generation))
			.scope(Set.of("scope-" + generation))
			.generation(generation)
			.build();
	}

	private static void awaitLine() throws IOException {
		Assert.state(System.in.read() != -1, "Nobody is there any more");
	}

	private static void say(String line) {
		System.out.println(line);
		System.out.flush();
	}

	/**
	 * What a process needs.
	 * @param jna whether there is JNA
	 * @return a class path
	 */
	static String classPath(boolean jna) {
		return join(Stream.of(FileTokenStore.class, StoreProcess.class, Mono.class, Publisher.class, JsonMapper.class,
				JsonParser.class, JsonInclude.class, Assert.class, ErrorResponse.class, LogFactory.class,
				Nullable.class, jna ? Native.class : Nullable.class, assertThat("").getClass()));
	}

	/**
	 * Copy what is in a class path to where every user can read it.
	 * @param classPath the class path
	 * @param target an empty directory
	 * @return the class path of the copies
	 */
	static String copy(String classPath, Path target) {
		StringJoiner copies = new StringJoiner(File.pathSeparator);
		try {
			Files.setPosixFilePermissions(target, PosixFilePermissions.fromString("rwxr-xr-x"));
			for (String element : classPath.split(File.pathSeparator)) {
				Path copy = Files.createTempDirectory(target, "copy").resolve(Path.of(element).getFileName());
				FileSystemUtils.copyRecursively(Path.of(element), copy);
				copies.add(copy.toString());
			}
			try (Stream<Path> files = Files.walk(target)) {
				for (Path file : files.toList()) {
					Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
				}
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return copies.toString();
	}

	private static String join(Stream<Class<?>> types) {
		return types.map(StoreProcess::location).distinct().collect(Collectors.joining(File.pathSeparator));
	}

	private static String location(Class<?> type) {
		try {
			URI location = type.getProtectionDomain().getCodeSource().getLocation().toURI();
			return Path.of(location).toString();
		}
		catch (URISyntaxException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
