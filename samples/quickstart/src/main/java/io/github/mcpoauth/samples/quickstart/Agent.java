// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.quickstart;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;

import tools.jackson.databind.JsonNode;

/**
 * The agent: a server in one process, and its commands each in another.
 */
final class Agent implements AutoCloseable {

	private final Path jar;

	private final List<String> settings;

	private final Requests requests;

	private final JarProcess server;

	private final URI url;

	private Agent(Path jar, List<String> settings, Requests requests, JarProcess server, URI url) {
		this.jar = jar;
		this.settings = settings;
		this.requests = requests;
		this.server = server;
		this.url = url;
	}

	static Agent start(Path jar, List<String> settings, Requests requests) throws IOException, InterruptedException {
		JarProcess server = JarProcess.start(jar, with(settings, "--server.port=0"));
		return new Agent(jar, settings, requests, server,
				URI.create("http://127.0.0.1:" + server.await("Netty started on port (\\d+)")));
	}

	URI url() {
		return this.url;
	}

	/**
	 * Call a tool through the running agent.
	 * @param tool name of the tool
	 * @param arguments its arguments, a JSON object
	 * @return the MCP result
	 */
	CompletableFuture<JsonNode> call(String tool, String arguments) {
		return this.requests.post(this.url.resolve("/tools/demo/" + tool), arguments);
	}

	/**
	 * Run a command in a process of its own.
	 * @param words the command
	 * @return the process
	 */
	JarProcess command(String... words) throws IOException {
		return JarProcess.start(this.jar, with(this.settings, words));
	}

	private static List<String> with(List<String> settings, String... words) {
		List<String> all = new ArrayList<>(List.of(words));
		all.addAll(settings);
		return all;
	}

	@Override
	public void close() {
		this.server.close();
	}

}
