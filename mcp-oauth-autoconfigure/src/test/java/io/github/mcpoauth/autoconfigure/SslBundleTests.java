// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.time.Duration;
import java.util.List;

import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLHandshakeException;

import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Authorization servers whose certificates only an SSL bundle knows.
 */
class SslBundleTests {

	private static final Duration PATIENCE = Duration.ofSeconds(20);

	private static final String PASSWORD = "changeit";

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(McpOAuthAutoConfiguration.class, SslAutoConfiguration.class,
				HttpClientAutoConfiguration.class, ReactiveHttpClientAutoConfiguration.class));

	private Path keyStore;

	private HttpsServer server;

	@BeforeEach
	void start(@TempDir Path directory) throws Exception {
		this.keyStore = directory.resolve("server.p12");
		Process keytool = new ProcessBuilder(
				List.of(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(), "-genkeypair", "-alias",
						"server", "-keyalg", "EC", "-dname", "CN=127.0.0.1", "-ext", "san=ip:127.0.0.1", "-validity",
						"30", "-storetype", "PKCS12", "-keystore", this.keyStore.toString(), "-storepass", PASSWORD))
			.inheritIO()
			.start();
		assertThat(keytool.waitFor()).isZero();
		KeyStore keys = KeyStore.getInstance("PKCS12");
		try (InputStream stream = Files.newInputStream(this.keyStore)) {
			keys.load(stream, PASSWORD.toCharArray());
		}
		KeyManagerFactory keyManagers = KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
		keyManagers.init(keys, PASSWORD.toCharArray());
		SSLContext sslContext = SSLContext.getInstance("TLS");
		sslContext.init(keyManagers.getKeyManagers(), null, null);
		this.server = HttpsServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 10);
		this.server.setHttpsConfigurator(new HttpsConfigurator(sslContext));
		this.server.createContext("/", (exchange) -> {
			exchange.sendResponseHeaders(204, -1);
			exchange.close();
		});
		this.server.start();
	}

	@AfterEach
	void stop() {
		this.server.stop(0);
	}

	@ParameterizedTest
	@ValueSource(strings = { "reactor", "jdk" })
	void forServerWhenBundleIsNamedTrustsWhatItTrusts(String connector) {
		this.runner
			.withPropertyValues("spring.http.clients.reactive.connector=" + connector, "mcp.oauth.ssl-bundle=corporate",
					"spring.ssl.bundle.jks.corporate.truststore.location=file:" + this.keyStore,
					"spring.ssl.bundle.jks.corporate.truststore.type=PKCS12",
					"spring.ssl.bundle.jks.corporate.truststore.password=" + PASSWORD)
			.run((context) -> StepVerifier.create(get(context)).expectNext(204).expectComplete().verify(PATIENCE));
	}

	@ParameterizedTest
	@ValueSource(strings = { "reactor", "jdk" })
	void forServerWhenNoBundleIsNamedTrustsTheApplicationsOne(String connector) {
		this.runner
			.withPropertyValues("spring.http.clients.reactive.connector=" + connector,
					"spring.http.clients.ssl.bundle=corporate",
					"spring.ssl.bundle.jks.corporate.truststore.location=file:" + this.keyStore,
					"spring.ssl.bundle.jks.corporate.truststore.type=PKCS12",
					"spring.ssl.bundle.jks.corporate.truststore.password=" + PASSWORD)
			.run((context) -> StepVerifier.create(get(context)).expectNext(204).expectComplete().verify(PATIENCE));
	}

	@ParameterizedTest
	@ValueSource(strings = { "reactor", "jdk" })
	void forServerWhenThereIsNoBundleTrustsNobodyUnknown(String connector) {
		this.runner.withPropertyValues("spring.http.clients.reactive.connector=" + connector)
			.run((context) -> StepVerifier.create(get(context))
				.expectErrorSatisfies((ex) -> assertThat(ex).hasCauseInstanceOf(SSLHandshakeException.class))
				.verify(PATIENCE));
	}

	private Mono<Integer> get(ApplicationContext context) {
		URI url = URI.create("https://127.0.0.1:%d/mcp".formatted(this.server.getAddress().getPort()));
		return context.getBean(AuthorizationWebClients.class)
			.forServer(McpServer.of("demo", url))
			.get()
			.uri(url)
			.exchangeToMono((response) -> response.releaseBody().thenReturn(response.statusCode().value()));
	}

}
