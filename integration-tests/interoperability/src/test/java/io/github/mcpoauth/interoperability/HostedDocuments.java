// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.interoperability;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import tools.jackson.databind.json.JsonMapper;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A place where clients host their documents: by https, with a certificate of an
 * authority of the test's own.
 */
final class HostedDocuments implements AutoCloseable {

	/**
	 * No name of this machine, as documents of loopback addresses are of no use.
	 */
	static final String HOST = "agent.example.test";

	private static final String PASSWORD = "changeit";

	private final HttpsServer server;

	private final Path authority;

	private HostedDocuments(HttpsServer server, Path authority) {
		this.server = server;
		this.authority = authority;
	}

	/**
	 * Start a server.
	 * @param directory where its certificates go
	 * @return the running server
	 */
	static HostedDocuments start(Path directory) throws IOException, GeneralSecurityException, InterruptedException {
		Path authority = directory.resolve("authority.p12");
		Path keyStore = directory.resolve("server.p12");
		String certificate = directory.resolve("authority.pem").toString();
		String request = directory.resolve("server.csr").toString();
		String signed = directory.resolve("server.pem").toString();
		keytool(authority, "-genkeypair", "-alias", "authority", "-keyalg", "EC", "-dname", "CN=Authority", "-ext",
				"bc:c", "-validity", "30");
		keytool(authority, "-exportcert", "-alias", "authority", "-rfc", "-file", certificate);
		keytool(keyStore, "-genkeypair", "-alias", "server", "-keyalg", "EC", "-dname", "CN=server", "-validity", "30");
		keytool(keyStore, "-certreq", "-alias", "server", "-file", request);
		keytool(authority, "-gencert", "-alias", "authority", "-rfc", "-ext", "san=dns:" + HOST, "-validity", "30",
				"-infile", request, "-outfile", signed);
		keytool(keyStore, "-importcert", "-noprompt", "-alias", "authority", "-file", certificate);
		keytool(keyStore, "-importcert", "-noprompt", "-alias", "server", "-file", signed);
		HttpsServer server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
		server.setHttpsConfigurator(new HttpsConfigurator(sslContext(keyStore)));
		server.start();
		return new HostedDocuments(server, Path.of(certificate));
	}

	private static void keytool(Path keyStore, String... arguments) throws IOException, InterruptedException {
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString()));
		command.addAll(List.of(arguments));
		command.addAll(List.of("-storetype", "PKCS12", "-keystore", keyStore.toString(), "-storepass", PASSWORD));
		Process process = new ProcessBuilder(command).redirectErrorStream(true)
			.redirectOutput(ProcessBuilder.Redirect.DISCARD)
			.start();
		assertThat(process.waitFor(60, TimeUnit.SECONDS)).as("keytool ends").isTrue();
		assertThat(process.exitValue()).as(String.join(" ", arguments)).isZero();
	}

	private static SSLContext sslContext(Path keyStore) throws IOException, GeneralSecurityException {
		KeyStore keys = KeyStore.getInstance("PKCS12");
		try (InputStream stream = Files.newInputStream(keyStore)) {
			keys.load(stream, PASSWORD.toCharArray());
		}
		KeyManagerFactory keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		keyManagers.init(keys, PASSWORD.toCharArray());
		SSLContext context = SSLContext.getInstance("TLS");
		context.init(keyManagers.getKeyManagers(), null, null);
		return context;
	}

	/**
	 * The certificate of the authority, as PEM.
	 */
	Path authority() {
		return this.authority;
	}

	/**
	 * Where a document of this name is, or will be.
	 */
	URI address(String name) {
		return URI.create("https://%s:%d/%s.json".formatted(HOST, this.server.getAddress().getPort(), name));
	}

	/**
	 * Host a document.
	 * @param name its name
	 * @param document its members
	 */
	void host(String name, Map<String, Object> document) {
		byte[] content = JsonMapper.shared().writeValueAsBytes(document);
		this.server.createContext(address(name).getPath(), (exchange) -> {
			try (exchange) {
				exchange.getResponseHeaders().add("Content-Type", "application/json");
				exchange.sendResponseHeaders(200, content.length);
				exchange.getResponseBody().write(content);
			}
		});
	}

	@Override
	public void close() {
		this.server.stop(0);
	}

}
