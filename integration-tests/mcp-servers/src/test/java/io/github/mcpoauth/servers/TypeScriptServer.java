// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.servers;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * An MCP server that is made with the TypeScript SDK, in a process of its own. The SDK
 * must have been installed from npm into the directory that the system property
 * {@code node.home} names.
 */
final class TypeScriptServer implements AutoCloseable {

	private static final Duration PATIENCE = Duration.ofSeconds(60);

	private final HttpClient http = HttpClient.newHttpClient();

	private final Process process;

	private final URI url;

	private TypeScriptServer(Process process, URI url) {
		this.process = process;
		this.url = url;
	}

	/**
	 * Start a server.
	 * @param issuer the authorization server to ask about tokens
	 * @param port the port to listen on
	 * @return the running server
	 */
	static TypeScriptServer start(URI issuer, int port) throws IOException {
		return start(issuer, port, null);
	}

	/**
	 * Start a server of version 1 of the SDK.
	 * @param issuer the authorization server to ask about tokens
	 * @param port the port to listen on
	 * @param publicUrl what clients know it by, {@code null} for its address
	 * @return the running server
	 */
	static TypeScriptServer start(URI issuer, int port, @Nullable URI publicUrl) throws IOException {
		List<String> arguments = new ArrayList<>(List.of(issuer.toString(), Integer.toString(port)));
		if (publicUrl != null) {
			arguments.add(publicUrl.toString());
		}
		return start("server.mjs", arguments);
	}

	/**
	 * Start a server of version 2 of the SDK.
	 * @param issuer the authorization server to ask about tokens
	 * @param spoken the protocols that it speaks
	 * @param publicUrl what clients know it by
	 * @return the running server
	 */
	static TypeScriptServer start(URI issuer, Spoken spoken, URI publicUrl) throws IOException {
		return start("server-2.mjs", List.of(issuer.toString(), "0", spoken.argument(), publicUrl.toString()));
	}

	private static TypeScriptServer start(String name, List<String> arguments) throws IOException {
		Path home = Path.of(System.getProperty("node.home"));
		assertThat(home.resolve("node_modules/@modelcontextprotocol/sdk")).as("the TypeScript SDK").exists();
		Path script = Files.copy(Path.of("src/test/node").resolve(name), home.resolve(name),
				StandardCopyOption.REPLACE_EXISTING);
		List<String> command = new ArrayList<>(List.of("node", script.toString()));
		command.addAll(arguments);
		Process process = new ProcessBuilder(command).redirectError(home.resolve("server.err").toFile()).start();
		BufferedReader out = process.inputReader(StandardCharsets.UTF_8);
		String line = out.readLine();
		if (line == null || !line.startsWith("MCP server: ")) {
			process.destroyForcibly();
			throw new IllegalStateException(
					"The server did not start: " + Files.readString(home.resolve("server.err")));
		}
		return new TypeScriptServer(process, URI.create(line.substring("MCP server: ".length())));
	}

	URI url() {
		return this.url;
	}

	/**
	 * Let the server forget all of its sessions.
	 */
	void forgetSessions() throws Exception {
		send(HttpRequest.newBuilder(this.url.resolve("/control/forget-sessions")).POST(BodyPublishers.noBody()));
	}

	/**
	 * Let a server of version 2 of the SDK say that its tools have changed.
	 */
	void changeTools() throws Exception {
		send(HttpRequest.newBuilder(this.url.resolve("/control/change-tools")).POST(BodyPublishers.noBody()));
	}

	/**
	 * A number that the server counts.
	 * @param name name of the number
	 * @return its value now
	 */
	int stat(String name) throws Exception {
		return JsonMapper.shared()
			.readValue(send(HttpRequest.newBuilder(this.url.resolve("/control/stats"))), JsonNode.class)
			.get(name)
			.asInt();
	}

	/**
	 * End the server as a crash would.
	 */
	void kill() throws InterruptedException {
		this.process.destroyForcibly().waitFor();
	}

	private String send(HttpRequest.Builder request) throws Exception {
		return this.http.send(request.timeout(PATIENCE).build(), BodyHandlers.ofString()).body();
	}

	@Override
	public void close() {
		this.process.destroy();
		try {
			if (!this.process.waitFor(10, TimeUnit.SECONDS)) {
				this.process.destroyForcibly();
			}
		}
		catch (InterruptedException ex) {
			this.process.destroyForcibly();
			Thread.currentThread().interrupt();
		}
	}

}
