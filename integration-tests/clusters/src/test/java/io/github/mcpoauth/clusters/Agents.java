// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.clusters;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import io.github.mcpoauth.fixtures.AuthorizationServer;
import io.github.mcpoauth.fixtures.ChildProcess;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Processes that share a login.
 */
final class Agents implements AutoCloseable {

	private final List<ChildProcess> running = new ArrayList<>();

	private final List<ChildProcess> starting = new ArrayList<>();

	private final String[] properties;

	private int started;

	private Agents(String... properties) {
		this.properties = properties;
	}

	/**
	 * Start processes.
	 * @param count how many
	 * @param server address of the MCP server
	 * @param properties properties of the store
	 * @return the processes, which are ready
	 */
	static Agents start(int count, URI server, List<String> properties) {
		Agents agents = new Agents(arguments(server, properties).toArray(String[]::new));
		for (int i = 0; i < count; i++) {
			agents.startOne();
		}
		agents.awaitAtLeast(count);
		return agents;
	}

	/**
	 * The arguments of an agent. Its token requests may take 10 s, so the note of a
	 * killed process is old after 15 s.
	 * @param server address of the MCP server
	 * @param properties properties of the store
	 * @return the arguments
	 */
	static List<String> arguments(URI server, List<String> properties) {
		List<String> all = new ArrayList<>(properties);
		all.addAll(List.of("--mcp.servers.demo.url=" + server, "--mcp.servers.demo.oauth.enabled=true",
				"--mcp.oauth.timeout.token-endpoint=10s", "--spring.main.banner-mode=off",
				"--spring.main.log-startup-info=false", "--spring.main.web-application-type=none",
				"--spring.main.lazy-initialization=true", "--logging.level.root=error"));
		return all;
	}

	/**
	 * Start another one, which takes part once it is ready.
	 */
	void startOne() {
		this.started++;
		this.starting.add(ChildProcess.java("agent " + this.started, classPath(), AgentApplication.class.getName(),
				this.properties));
	}

	static String classPath() {
		try {
			Path classes = Path.of(AgentApplication.class.getProtectionDomain().getCodeSource().getLocation().toURI());
			return classes + ":" + Files.readString(classes.resolveSibling("agent.classpath")).strip();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (URISyntaxException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Wait until there are some that take part.
	 * @param count how many
	 */
	void awaitAtLeast(int count) {
		for (ChildProcess process : List.copyOf(this.starting)) {
			if (this.running.size() < count || process.output().contains("@ready")) {
				process.await("^@ready");
				this.starting.remove(process);
				this.running.add(process);
			}
		}
		assertThat(this.running).hasSizeGreaterThanOrEqualTo(count);
	}

	/**
	 * Wait until all that were started take part.
	 */
	void awaitAll() {
		awaitAtLeast(this.running.size() + this.starting.size());
	}

	ChildProcess get(int index) {
		return this.running.get(index);
	}

	int size() {
		return this.running.size();
	}

	/**
	 * Take one out, to be killed.
	 */
	ChildProcess remove(int index) {
		return this.running.remove(index);
	}

	/**
	 * Let all do the same at the same time.
	 * @param command what to do
	 * @return the answers, without the word that they begin with
	 */
	List<String> all(String command) {
		return all(command, this.running);
	}

	static List<String> all(String command, List<ChildProcess> processes) {
		processes.forEach((process) -> process.send(command));
		String word = "@" + command.split(" ")[0];
		return processes.stream().map((process) -> process.await("^" + word + ":? (.*)")).toList();
	}

	/**
	 * Let one do something.
	 * @param index which one
	 * @param command what to do
	 * @return the answer
	 */
	String one(int index, String command) {
		return all(command, List.of(get(index))).get(0);
	}

	List<ChildProcess> running() {
		return List.copyOf(this.running);
	}

	/**
	 * Log in with one of them.
	 * @param index which one
	 * @param server the authorization server, whose user logs in
	 * @return where the user logged in
	 */
	URI logIn(int index, AuthorizationServer server) {
		get(index).send("login");
		URI authorization = URI.create(get(index).await("^@url (.*)"));
		server.logIn(authorization);
		assertThat(get(index).await("^@login (.*)")).isEqualTo("AUTHORIZED");
		return authorization;
	}

	@Override
	public void close() {
		this.running.forEach(ChildProcess::kill);
		this.starting.forEach(ChildProcess::kill);
		this.running.forEach(ChildProcess::close);
		this.starting.forEach(ChildProcess::close);
	}

}
