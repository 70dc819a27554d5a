// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.HttpClientSessionTransports;
import io.github.mcpoauth.session.McpToolClient;
import io.github.mcpoauth.session.SessionTransports;
import io.github.mcpoauth.session.WebFluxSessionTransports;
import io.github.mcpoauth.testing.ScriptedMcpServer.Fault;
import io.github.mcpoauth.testing.ScriptedServerTestBase;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.client.transport.HttpRequestSnapshot;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import org.springframework.ai.mcp.SyncMcpToolCallbackProvider;
import org.springframework.ai.mcp.client.common.autoconfigure.NamedClientMcpTransport;
import org.springframework.ai.mcp.client.webflux.transport.WebClientStreamableHttpTransport;
import org.springframework.ai.mcp.customizer.McpClientCustomizer;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is there depends on the class path and on what the application declares itself.
 */
class SpringAiConditionTests extends ScriptedServerTestBase {

	private static final String[] WITHOUT_WEBFLUX_TRANSPORT = { "org.springframework.ai.mcp.client.webflux",
			"reactor.netty", "io.netty" };

	@ParameterizedTest
	@EnumSource(names = { "JDK_SYNC", "JDK_ASYNC" })
	@DisplayName("Neither the WebFlux transport nor Reactor Netty is needed for the JDK's HTTP client")
	void contextWhenThereIsNoWebFluxTransportWorksAllTheSame(SpringAiClients clients) {
		clients.runner(this.manager, this.server)
			.withClassLoader(new FilteredClassLoader(WITHOUT_WEBFLUX_TRANSPORT))
			.run((context) -> {
				assertThat(context).getBean(SessionTransports.class).isInstanceOf(HttpClientSessionTransports.class);
				assertThat(SpringAiClients.text(context, "whoami", "{}")).isEqualTo("t1");
				this.server.forgetSessions();
				this.server.accept("t2");
				this.manager.recoverWith("t2");
				assertThat(SpringAiClients.text(context, "whoami", "{}")).isEqualTo("t2");
				Map<String, Object> result = context.getBean(McpToolClient.class)
					.callTool("demo", "echo", Map.of("text", "hello"))
					.block(SpringAiClients.PATIENCE);
				assertThat(String.valueOf(result)).contains("hello");
			});
	}

	@ParameterizedTest
	@EnumSource(names = { "WEBFLUX_SYNC", "WEBFLUX_ASYNC" })
	void contextWhenThereIsNoChatClientHasToolsAllTheSame(SpringAiClients clients) {
		clients.runner(this.manager, this.server)
			.withClassLoader(new FilteredClassLoader("org.springframework.ai.chat.client"))
			.run((context) -> {
				assertThat(context).doesNotHaveBean(UserToolsAdvisor.class);
				assertThat(SpringAiClients.text(context, "whoami", "{}")).isEqualTo("t1");
			});
	}

	@Test
	void contextWhenThereIsAWebFluxTransportPrefersItForSessions() {
		SpringAiClients.WEBFLUX_SYNC.runner(this.manager, this.server)
			.run((context) -> assertThat(context).getBean(SessionTransports.class)
				.isInstanceOf(WebFluxSessionTransports.class));
	}

	@ParameterizedTest
	@MethodSource
	@DisplayName("Without Spring AI, or without an MCP SDK at all, requests of a WebClient carry their token")
	void contextWhenLibraryIsMissingStillHasTheFilter(FilteredClassLoader classLoader) {
		new ApplicationContextRunner().withConfiguration(SpringAiClients.ours())
			.withClassLoader(classLoader)
			.withBean(McpOAuthManager.class, () -> this.manager)
			.withPropertyValues("mcp.servers.demo.url=" + this.server.url())
			.run((context) -> {
				assertThat(context).doesNotHaveBean(McpClientRegistry.class)
					.doesNotHaveBean(ToolProviderPostProcessor.class);
				context.getBean(WebClient.Builder.class)
					.build()
					.post()
					.uri(this.server.url())
					.contentType(MediaType.APPLICATION_JSON)
					.bodyValue("{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"initialize\",\"params\":{}}")
					.retrieve()
					.toBodilessEntity()
					.block(SpringAiClients.PATIENCE);
				assertThat(this.server.received()).extracting("token").containsExactly("t1");
			});
	}

	static Stream<FilteredClassLoader> contextWhenLibraryIsMissingStillHasTheFilter() {
		return Stream.of(new FilteredClassLoader("io.modelcontextprotocol"),
				new FilteredClassLoader("io.modelcontextprotocol", "org.springframework.ai"),
				new FilteredClassLoader("org.springframework.ai"),
				new FilteredClassLoader(NamedClientMcpTransport.class),
				new FilteredClassLoader(SyncMcpToolCallbackProvider.class));
	}

	@Test
	@DisplayName("An MCP SDK that is too old for the JDK transport gets none of it")
	void contextWhenSdkIsOlderHasNoJdkTransport() {
		SpringAiClients.WEBFLUX_SYNC.runner(this.manager, this.server)
			.withClassLoader(new FilteredClassLoader(HttpRequestSnapshot.class))
			.run((context) -> {
				assertThat(context).doesNotHaveBean("mcpOAuthHttpClientTransportCustomizer");
				assertThat(SpringAiClients.text(context, "whoami", "{}")).isEqualTo("t1");
			});
	}

	@Test
	void contextWhenOAuthIsOffLeavesSpringAiAlone() {
		new ApplicationContextRunner().withConfiguration(SpringAiClients.ours())
			.withConfiguration(SpringAiClients.WEBFLUX_SYNC.springAi())
			.withPropertyValues("mcp.oauth.enabled=false")
			.run((context) -> assertThat(context).getBean(SyncMcpToolCallbackProvider.class)
				.isExactlyInstanceOf(SyncMcpToolCallbackProvider.class));
	}

	@ParameterizedTest
	@EnumSource
	void clientWhenApplicationCustomizesItKeepsAllOfThat(SpringAiClients clients) {
		clients.runner(this.manager, this.server).withUserConfiguration(Customized.class).run((context) -> {
			assertThat(SpringAiClients.text(context, "whoami", "{}")).isEqualTo("t1");
			this.server.forgetSessions();
			this.server.accept("t2");
			this.manager.recoverWith("t2");
			assertThat(SpringAiClients.text(context, "whoami", "{}")).isEqualTo("t2");
			Customized customized = context.getBean(Customized.class);
			assertThat(customized.requests).hasPositiveValue();
			assertThat(customized.transports).hasValue(1);
		});
	}

	@Test
	@DisplayName("A provider that the application declares itself has tools that speak of logins too")
	void toolsWhenProviderIsTheApplicationsOwnAnswerNeedsReauth() {
		SpringAiClients.WEBFLUX_SYNC.runner(this.manager, this.server)
			.withPropertyValues("spring.ai.mcp.client.toolcallback.enabled=false")
			.withUserConfiguration(OwnProvider.class)
			.run((context) -> {
				assertThat(SpringAiClients.text(context, "whoami", "{}")).isEqualTo("t1");
				this.server.accept();
				assertThat(SpringAiClients.members(context, "whoami", "{}")).containsEntry("needs_reauth", true);
			});
	}

	@ParameterizedTest
	@EnumSource
	@DisplayName("A call that timed out is not sent later")
	void toolWhenCallerIsGoneBeforeTheNewSessionIsThereIsNotCalled(SpringAiClients clients) {
		clients.runner(this.manager, this.server)
			.withPropertyValues("spring.ai.mcp.client.request-timeout=2s")
			.run((context) -> {
				SpringAiClients.text(context, "echo", "{\"text\":\"hello\"}");
				this.server.forgetSessions();
				Sinks.Empty<Void> release = Sinks.empty();
				this.server.script(1, (request) -> "initialize".equals(request.method()), Fault.hold(release.asMono()));
				assertThat(failure(() -> SpringAiClients.text(context, "write", "{}")))
					.hasMessageContaining("did not answer in time");
				release.tryEmitEmpty();
				assertThat(SpringAiClients.text(context, "echo", "{\"text\":\"again\"}")).isEqualTo("again");
				assertThat(this.server.writes()).isZero();
			});
	}

	private static Throwable failure(Runnable call) {
		try {
			call.run();
		}
		catch (RuntimeException ex) {
			return ex;
		}
		throw new AssertionError("It must fail");
	}

	@Configuration(proxyBeanMethods = false)
	static class Customized {

		final AtomicInteger requests = new AtomicInteger();

		final AtomicInteger transports = new AtomicInteger();

		@Bean
		WebClient.Builder ownWebClient() {
			return WebClient.builder().filter((request, next) -> {
				this.requests.incrementAndGet();
				return next.exchange(request);
			});
		}

		@Bean
		McpClientCustomizer<WebClientStreamableHttpTransport.Builder> ownWebFluxTransport() {
			return (name, transport) -> {
				this.transports.incrementAndGet();
				transport.resumableStreams(false);
			};
		}

		@Bean
		McpClientCustomizer<HttpClientStreamableHttpTransport.Builder> ownJdkTransport() {
			return (name, transport) -> {
				this.transports.incrementAndGet();
				transport.resumableStreams(false)
					.addAsyncHttpRequestCustomizer((request, method, uri, body, context) -> {
						this.requests.incrementAndGet();
						return Mono.just(request);
					});
			};
		}

	}

	@Configuration(proxyBeanMethods = false)
	static class OwnProvider {

		@Bean
		SyncMcpToolCallbackProvider own(List<McpSyncClient> clients) {
			return SyncMcpToolCallbackProvider.builder().mcpClients(clients).build();
		}

	}

}
