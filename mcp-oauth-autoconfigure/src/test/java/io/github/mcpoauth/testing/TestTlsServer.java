// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.List;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;

/**
 * A server on 127.0.0.1 with a certificate of its own, which answers 204 to everything.
 */
public final class TestTlsServer implements AutoCloseable {

	/**
	 * Password of the key store.
	 */
	public static final String PASSWORD = "changeit";

	private final Path keyStore;

	private final HttpsServer server;

	private TestTlsServer(Path keyStore, HttpsServer server) {
		this.keyStore = keyStore;
		this.server = server;
	}

	/**
	 * Start a server.
	 * @param directory where the key store goes
	 * @param name the name that the certificate is for, as keytool writes it, for example
	 * {@code ip:127.0.0.1}
	 */
	public static TestTlsServer start(Path directory, String name) {
		try {
			Path keyStore = directory.resolve("server.p12");
			generate(keyStore, name);
			KeyStore keys = KeyStore.getInstance("PKCS12");
			try (InputStream stream = Files.newInputStream(keyStore)) {
				keys.load(stream, PASSWORD.toCharArray());
			}
			KeyManagerFactory keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
			keyManagers.init(keys, PASSWORD.toCharArray());
			SSLContext sslContext = SSLContext.getInstance("TLS");
			sslContext.init(keyManagers.getKeyManagers(), null, null);
			HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
			server.setHttpsConfigurator(new HttpsConfigurator(sslContext));
			server.createContext("/", (exchange) -> {
				exchange.sendResponseHeaders(204, -1);
				exchange.close();
			});
			server.start();
			return new TestTlsServer(keyStore, server);
		}
		catch (IOException | GeneralSecurityException ex) {
			throw new AssertionError(ex);
		}
	}

	private static void generate(Path keyStore, String name) throws IOException {
		Process keytool = new ProcessBuilder(
				List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair", "-alias",
						"server", "-keyalg", "EC", "-dname", "CN=server", "-ext", "san=" + name, "-validity", "30",
						"-storetype", "PKCS12", "-keystore", keyStore.toString(), "-storepass", PASSWORD))
			.redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start();
		try {
			if (!keytool.waitFor(60, TimeUnit.SECONDS) || keytool.exitValue() != 0) {
				throw new AssertionError("keytool failed");
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new AssertionError(ex);
		}
	}

	/**
	 * The key store, which serves as a trust store as well.
	 */
	public Path keyStore() {
		return this.keyStore;
	}

	public URI url() {
		return URI.create("https://127.0.0.1:%d/mcp".formatted(this.server.getAddress().getPort()));
	}

	@Override
	public void close() {
		this.server.stop(0);
	}

}
