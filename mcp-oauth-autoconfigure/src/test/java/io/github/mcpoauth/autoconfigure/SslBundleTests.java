// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;

import javax.net.ssl.SSLHandshakeException;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.testing.TestTlsServer;
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

	private final ApplicationContextRunner runner = new ApplicationContextRunner()
		.withConfiguration(AutoConfigurations.of(McpOAuthAutoConfiguration.class, SslAutoConfiguration.class,
				HttpClientAutoConfiguration.class, ReactiveHttpClientAutoConfiguration.class));

	private TestTlsServer server;

	@BeforeEach
	void start(@TempDir Path directory) {
		this.server = TestTlsServer.start(directory, "ip:127.0.0.1");
	}

	@AfterEach
	void stop() {
		this.server.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "reactor", "jdk" })
	void forServerWhenBundleIsNamedTrustsWhatItTrusts(String connector) {
		this.runner
			.withPropertyValues("spring.http.clients.reactive.connector=" + connector, "mcp.oauth.ssl-bundle=corporate",
					"spring.ssl.bundle.jks.corporate.truststore.location=file:" + this.server.keyStore(),
					"spring.ssl.bundle.jks.corporate.truststore.type=PKCS12",
					"spring.ssl.bundle.jks.corporate.truststore.password=" + TestTlsServer.PASSWORD)
			.run((context) -> StepVerifier.create(get(context)).expectNext(204).expectComplete().verify(PATIENCE));
	}

	@ParameterizedTest
	@ValueSource(strings = { "reactor", "jdk" })
	void forServerWhenNoBundleIsNamedTrustsTheApplicationsOne(String connector) {
		this.runner
			.withPropertyValues("spring.http.clients.reactive.connector=" + connector,
					"spring.http.clients.ssl.bundle=corporate",
					"spring.ssl.bundle.jks.corporate.truststore.location=file:" + this.server.keyStore(),
					"spring.ssl.bundle.jks.corporate.truststore.type=PKCS12",
					"spring.ssl.bundle.jks.corporate.truststore.password=" + TestTlsServer.PASSWORD)
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
		URI url = this.server.url();
		return context.getBean(AuthorizationWebClients.class)
			.forServer(McpServer.of("demo", url))
			.get()
			.uri(url)
			.exchangeToMono((response) -> response.releaseBody().thenReturn(response.statusCode().value()));
	}

}
