// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.interoperability;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.sun.net.httpserver.HttpServer;

/**
 * A key of a client, and a server that publishes its public half.
 */
final class ClientKeys implements AutoCloseable {

	private static final String PATH = "/jwks";

	private final HttpServer server;

	private final ECKey key;

	private ClientKeys(HttpServer server, ECKey key) {
		this.server = server;
		this.key = key;
	}

	static ClientKeys publish() {
		try {
			ECKey key = new ECKeyGenerator(Curve.P_256).keyID("key-1").keyUse(KeyUse.SIGNATURE).generate();
			byte[] set = new JWKSet(key).toString().getBytes(StandardCharsets.UTF_8);
			HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
			server.createContext(PATH, (exchange) -> {
				try (exchange) {
					exchange.getResponseHeaders().add("Content-Type", "application/json");
					exchange.sendResponseHeaders(200, set.length);
					exchange.getResponseBody().write(set);
				}
			});
			server.start();
			return new ClientKeys(server, key);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (JOSEException ex) {
			throw new IllegalStateException(ex);
		}
	}

	URI url() {
		return URI.create("http://127.0.0.1:%d%s".formatted(this.server.getAddress().getPort(), PATH));
	}

	/**
	 * Write the private key.
	 * @param directory where to
	 * @return the file
	 */
	Path write(Path directory) {
		try {
			return Files.writeString(directory.resolve("client-key.json"), this.key.toJSONString());
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		this.server.stop(0);
	}

}
