// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.autoconfigure.McpOAuthAutoConfiguration;
import io.github.mcpoauth.autoconfigure.McpOAuthSpringAiAutoConfiguration;
import io.github.mcpoauth.autoconfigure.McpSessionAutoConfiguration;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.testing.BasicUsers;
import io.github.mcpoauth.testing.ScriptedMcpServer;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.ai.chat.client.ChatClient;
import org.springframework.ai.chat.client.ChatClientBuilderCustomizer;
import org.springframework.ai.mcp.client.common.autoconfigure.McpClientAutoConfiguration;
import org.springframework.ai.mcp.client.common.autoconfigure.McpToolCallbackAutoConfiguration;
import org.springframework.ai.mcp.client.webflux.autoconfigure.StreamableHttpWebFluxTransportAutoConfiguration;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.ToolCallbackProvider;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.ImportAutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.http.client.autoconfigure.HttpClientAutoConfiguration;
import org.springframework.boot.http.client.autoconfigure.reactive.ReactiveHttpClientAutoConfiguration;
import org.springframework.boot.reactor.netty.autoconfigure.NettyReactiveWebServerAutoConfiguration;
import org.springframework.boot.tomcat.autoconfigure.servlet.TomcatServletWebServerAutoConfiguration;
import org.springframework.boot.webclient.autoconfigure.WebClientAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.HttpHandlerAutoConfiguration;
import org.springframework.boot.webflux.autoconfigure.WebFluxAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.DispatcherServletAutoConfiguration;
import org.springframework.boot.webmvc.autoconfigure.WebMvcAutoConfiguration;
import org.springframework.context.ApplicationContextInitializer;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.support.GenericApplicationContext;
import org.springframework.core.env.Environment;
import org.springframework.security.core.Authentication;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * An application with a chat client, whose users log in with Spring Security. It knows
 * nothing of tokens.
 */
final class ChatApplication implements AutoCloseable {

	static final Duration PATIENCE = Duration.ofSeconds(60);

	static final int USERS = Integer.getInteger("chat.users", 10);

	private final ConfigurableApplicationContext context;

	private ChatApplication(ConfigurableApplicationContext context) {
		this.context = context;
	}

	static ChatApplication start(WebApplicationType type, TokenStore store, ScriptedMcpServer server,
			String... arguments) {
		List<String> all = new ArrayList<>(List.of("--mcp.servers.demo.oauth="));
		for (String connection : SpringAiClients.connection("demo", server)) {
			all.add("--" + connection);
		}
		all.addAll(List.of(arguments));
		return start(type, (context) -> {
		}, store, all.toArray(String[]::new));
	}

	/**
	 * Start an application with beans of its own.
	 */
	static ChatApplication start(WebApplicationType type,
			ApplicationContextInitializer<GenericApplicationContext> beans, TokenStore store, String... arguments) {
		List<String> all = new ArrayList<>(
				List.of("--server.port=0", "--server.address=127.0.0.1", "--spring.main.banner-mode=off",
						"--spring.ai.mcp.client.initialized=false", "--mcp.oauth.principal.source=security"));
		all.addAll(List.of(arguments));
		return new ChatApplication(new SpringApplicationBuilder(Application.class).web(type)
			.initializers((GenericApplicationContext context) -> context.registerBean(TokenStore.class, () -> store),
					beans)
			.run(all.toArray(String[]::new)));
	}

	ConfigurableApplicationContext context() {
		return this.context;
	}

	/**
	 * Ask the chat.
	 * @param path the way to do so, one of the paths of the controllers
	 * @param user the user who asks
	 * @param message the message
	 * @return the answer
	 */
	CompletableFuture<String> ask(String path, String user, String message) {
		return BasicUsers.get(this.context, "%s?message=%s".formatted(path, message.replace(" ", "%20")), user)
			.thenApply(HttpResponse::body);
	}

	@Override
	public void close() {
		this.context.close();
	}

	@Configuration(proxyBeanMethods = false)
	@ImportAutoConfiguration({ HttpHandlerAutoConfiguration.class, NettyReactiveWebServerAutoConfiguration.class,
			WebFluxAutoConfiguration.class, TomcatServletWebServerAutoConfiguration.class,
			DispatcherServletAutoConfiguration.class, WebMvcAutoConfiguration.class, SslAutoConfiguration.class,
			HttpClientAutoConfiguration.class, ReactiveHttpClientAutoConfiguration.class,
			WebClientAutoConfiguration.class, McpOAuthAutoConfiguration.class, McpSessionAutoConfiguration.class,
			McpOAuthSpringAiAutoConfiguration.class, StreamableHttpWebFluxTransportAutoConfiguration.class,
			McpClientAutoConfiguration.class, McpToolCallbackAutoConfiguration.class })
	@Import({ BasicUsers.ServletSecurity.class, BasicUsers.ReactiveSecurity.class, ServletChat.class,
			ReactiveChat.class })
	static class Application {

		/**
		 * With the customizers, as the builder that Spring AI declares, or without them.
		 */
		@Bean
		ChatClient chatClient(ToolCallbackProvider tools, ObjectProvider<ChatClientBuilderCustomizer> customizers,
				Environment environment) {
			ChatClient.Builder builder = ChatClient.builder(new ScriptedChatModel());
			if (environment.getProperty("test.customizers", Boolean.class, false)) {
				customizers.orderedStream().forEach((customizer) -> customizer.customize(builder));
			}
			return builder.defaultTools(tools).build();
		}

	}

	@RestController
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
	static class ServletChat {

		private final ChatClient chat;

		private final ToolCallbackProvider tools;

		private volatile ToolCallback @Nullable [] kept;

		ServletChat(ChatClient chat, ToolCallbackProvider tools) {
			this.chat = chat;
			this.tools = tools;
		}

		@GetMapping("/call")
		@Nullable String call(@RequestParam String message) {
			return this.chat.prompt().user(message).call().content();
		}

		@GetMapping("/stream")
		Flux<String> stream(@RequestParam String message) {
			return this.chat.prompt().user(message).stream().content();
		}

		@GetMapping("/lost")
		CompletableFuture<@Nullable String> lost(@RequestParam String message) {
			return CompletableFuture.supplyAsync(() -> this.chat.prompt().user(message).call().content());
		}

		@GetMapping("/named")
		CompletableFuture<@Nullable String> named(@RequestParam String message, Authentication user) {
			return CompletableFuture.supplyAsync(() -> this.chat.prompt()
				.user(message)
				.toolContext(Map.of("io.github.mcpoauth.principal", user, "conversation", "7"))
				.call()
				.content());
		}

		/**
		 * A user who acts for another.
		 */
		@GetMapping("/for-user2")
		@Nullable String forUser2(@RequestParam String message) {
			return this.chat.prompt()
				.user(message)
				.toolContext(Map.of("io.github.mcpoauth.principal", "user2"))
				.call()
				.content();
		}

		@GetMapping("/named-stream")
		Flux<String> namedStream(@RequestParam String message, Authentication user) {
			return Flux
				.defer(() -> this.chat.prompt()
					.user(message)
					.toolContext(Map.of("io.github.mcpoauth.principal", user.getName()))
					.stream()
					.content())
				.subscribeOn(Schedulers.boundedElastic());
		}

		/**
		 * As an application must not do it: the tools are those of the first user.
		 */
		@GetMapping("/kept")
		@Nullable String kept(@RequestParam String message) {
			ToolCallback[] tools = this.kept;
			if (tools == null) {
				tools = this.tools.getToolCallbacks();
				this.kept = tools;
			}
			return ChatClient.create(new ScriptedChatModel())
				.prompt()
				.user(message)
				.tools((Object) tools)
				.call()
				.content();
		}

		@GetMapping("/thread")
		String thread() throws ReflectiveOperationException {
			return String.valueOf(Thread.class.getMethod("isVirtual").invoke(Thread.currentThread()));
		}

		@ExceptionHandler
		String failed(McpOAuthException ex) {
			return ex.getClass().getSimpleName() + ": " + ex.getMessage();
		}

	}

	@RestController
	@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
	static class ReactiveChat {

		private final ChatClient chat;

		ReactiveChat(ChatClient chat) {
			this.chat = chat;
		}

		@GetMapping("/call")
		Mono<String> call(@RequestParam String message) {
			return Mono.fromCallable(() -> this.chat.prompt().user(message).call().content())
				.subscribeOn(Schedulers.boundedElastic());
		}

		@GetMapping("/stream")
		Flux<String> stream(@RequestParam String message) {
			return Flux.defer(() -> this.chat.prompt().user(message).stream().content())
				.subscribeOn(Schedulers.boundedElastic());
		}

		@GetMapping("/loop")
		Flux<String> loop(@RequestParam String message) {
			return Flux.defer(() -> this.chat.prompt().user(message).stream().content())
				.subscribeOn(Schedulers.parallel());
		}

		@GetMapping("/direct")
		Flux<String> direct(@RequestParam String message) {
			return this.chat.prompt().user(message).stream().content();
		}

		@ExceptionHandler
		String failed(McpOAuthException ex) {
			return ex.getClass().getSimpleName() + ": " + ex.getMessage();
		}

	}

}
