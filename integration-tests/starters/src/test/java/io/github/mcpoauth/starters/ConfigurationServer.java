// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.starters;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import tools.jackson.databind.json.JsonMapper;

/**
 * A configuration server of Spring Cloud with a few properties.
 */
final class ConfigurationServer implements Closeable {

	private final HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);

	private final byte[] answer;

	ConfigurationServer(Map<String, Object> properties) throws IOException {
		this.answer = JsonMapper.shared()
			.writeValueAsBytes(Map.of("name", "application", "profiles", List.of("default"), "propertySources",
					List.of(Map.of("name", "test", "source", properties))));
		this.server.createContext("/", this::handle);
		this.server.start();
	}

	private void handle(HttpExchange exchange) throws IOException {
		try (exchange) {
			exchange.getResponseHeaders().set("Content-Type", "application/json");
			exchange.sendResponseHeaders(200, this.answer.length);
			exchange.getResponseBody().write(this.answer);
		}
	}

	String url() {
		return "http://127.0.0.1:" + this.server.getAddress().getPort();
	}

	@Override
	public void close() {
		this.server.stop(0);
	}

}
