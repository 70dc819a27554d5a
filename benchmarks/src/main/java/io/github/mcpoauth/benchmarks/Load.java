// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.benchmarks;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

import io.github.mcpoauth.benchmarks.Starter.Tokens;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * The server that the load goes to, as the benchmarks see it.
 */
final class Load implements AutoCloseable {

	private final HttpClient control = HttpClient.newBuilder()
		.version(HttpClient.Version.HTTP_1_1)
		.connectTimeout(Patience.LONG)
		.build();

	private final JavaProcess process;

	private final URI base;

	private Load(JavaProcess process, URI base) {
		this.process = process;
		this.base = base;
	}

	static Load start() throws IOException, InterruptedException {
		JavaProcess process = JavaProcess.start(LoadServer.class);
		return new Load(process, URI.create("http://127.0.0.1:%s/".formatted(process.await("port"))));
	}

	URI url(String server) {
		return this.base.resolve(server + "/mcp");
	}

	/**
	 * Log in to a server.
	 * @param server name of the server
	 * @return its tokens
	 */
	Tokens login(String server) {
		JsonNode issued = JsonMapper.shared().readTree(get(server + "/login"));
		return new Tokens(issued.get("access_token").asString(), issued.get("refresh_token").asString(),
				this.base.resolve(server + "/token"));
	}

	/**
	 * Announce the load to a server, see {@link LoadServer}.
	 * @param server name of the server
	 * @param parameters the parameters, as a query
	 */
	void expect(String server, String parameters) {
		get(server + "/storm?" + parameters);
	}

	/**
	 * Counts of a server since the load was announced.
	 * @param server name of the server
	 * @return the counts
	 */
	Counts counts(String server) {
		return JsonMapper.shared().readValue(get(server + "/counts"), Counts.class);
	}

	private String get(String path) {
		HttpRequest request = HttpRequest.newBuilder(this.base.resolve(path)).timeout(Duration.ofSeconds(20)).build();
		try {
			return this.control.send(request, HttpResponse.BodyHandlers.ofString()).body();
		}
		catch (IOException ex) {
			throw new IllegalStateException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

	@Override
	public void close() throws IOException {
		this.process.close();
	}

	/**
	 * Counts of a server.
	 *
	 * @param sent requests to it
	 * @param refused of these, how many had a bad token
	 * @param tokenRequests requests to its token endpoint
	 * @param mostSends how often the most insistent request was sent
	 */
	record Counts(int sent, int refused, int tokenRequests, int mostSends) {

	}

}
