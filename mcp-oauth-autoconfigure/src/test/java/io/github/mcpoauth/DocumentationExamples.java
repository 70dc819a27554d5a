// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.internal.store.DelegatingTokenStore;
import io.github.mcpoauth.internal.store.memory.InMemoryTokenStore;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.principal.PrincipalResolver;
import io.github.mcpoauth.principal.SubjectToken;
import io.github.mcpoauth.principal.SubjectTokenSupplier;
import io.github.mcpoauth.question.Answer;
import io.github.mcpoauth.question.Question;
import io.github.mcpoauth.question.QuestionHandler;
import io.github.mcpoauth.session.HttpClientTransportCustomizer;
import io.github.mcpoauth.session.McpServerSession.ServerChange;
import io.github.mcpoauth.session.McpSessions;
import io.github.mcpoauth.session.McpToolClient;
import io.github.mcpoauth.store.TokenStore;
import io.github.mcpoauth.store.TokenStoreContractTests;
import io.github.mcpoauth.webclient.RequestAttributes;
import io.modelcontextprotocol.client.McpClient;
import io.modelcontextprotocol.client.McpSyncClient;
import io.modelcontextprotocol.client.transport.HttpClientStreamableHttpTransport;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import reactor.core.publisher.Mono;

import org.springframework.ai.chat.client.ChatClient;
import org.springframework.context.annotation.Bean;
import org.springframework.context.event.EventListener;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.oauth2.jwt.Jwt;
import org.springframework.stereotype.Component;
import org.springframework.web.reactive.function.client.WebClient;

import static org.springframework.http.MediaType.APPLICATION_JSON;

/**
 * Snippets of the documentation that no test or sample has, to be compiled.
 */
@SuppressWarnings({ "ClassCanBeStatic", "unused" }) // Not in an application
final class DocumentationExamples {

	private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(60);

	private final McpToolClient tools;

	private final Chat chat;

	DocumentationExamples(McpToolClient tools, Chat chat) {
		this.tools = tools;
		this.chat = chat;
	}

	Mono<Map<String, Object>> readme() {
		Mono<Map<String, Object>> result = this.tools.callTool("linear", "list_issues", Map.of("limit", 5));
		return result;
	}

	@EventListener
	void tell(McpOAuthEvent.LoginRequired event) {
		this.chat.post("The agent needs you: %s. Run `%s`".formatted(event.reason(), event.action()));
	}

	static void withoutSpringBoot(Object request) {
		McpOAuthManager manager = McpOAuthManager.builder()
			.server(McpServer.of("demo", URI.create("https://mcp.example.com/mcp")))
			.directory(Path.of("/var/lib/agent/mcp-oauth"))
			.build();
		WebClient client = WebClient.builder().filter(manager.filter("demo")).build();
		manager.provider(GrantKey.of("demo")).login(LoginRequest.interactive()).flatMap(Login::completion).block();
		client.post()
			.uri("https://mcp.example.com/mcp")
			.contentType(APPLICATION_JSON)
			.bodyValue(request)
			.retrieve()
			.bodyToMono(String.class)
			.block();
		manager.close();
	}

	Mono<Map<String, Object>> principal(User user) {
		Mono<Map<String, Object>> result = this.tools.callTool("linear", "list_issues", Map.of())
			.contextWrite((context) -> context.put("io.github.mcpoauth.principal", user.id()));
		return result;
	}

	static void principals(WebClient webClient, McpSessions sessions, McpToolClient tools) {
		webClient.get().attribute(RequestAttributes.GRANT, GrantKey.of("linear", "alice"));
		sessions.get(GrantKey.of("linear", "alice")).blocking();
		tools.callTool(GrantKey.of("linear", "alice"), "list_issues", Map.of());
	}

	void changes(McpSessions sessions) {
		sessions.get("linear")
			.changes("issue://42") // and the lists that the server says it reports
			.filter((change) -> change.kind() == ServerChange.Kind.TOOLS)
			.concatMap((change) -> sessions.get("linear").listTools())
			.subscribe(this::use);
	}

	private void use(List<Tool> changed) {
	}

	static void chatOf(ChatClient chat, String message, Authentication authentication) {
		chat.prompt().user(message).toolContext(Map.of("io.github.mcpoauth.principal", authentication)).call();
	}

	static void sdk(McpOAuthManager manager) {
		HttpClientStreamableHttpTransport.Builder transport = HttpClientStreamableHttpTransport
			.builder("https://mcp.linear.app")
			.endpoint("/mcp");
		new HttpClientTransportCustomizer(() -> manager, REQUEST_TIMEOUT).accept(transport);
		McpSyncClient client = McpClient.sync(transport.build()).requestTimeout(REQUEST_TIMEOUT).build();
	}

	interface Chat {

		void post(String message);

	}

	interface User {

		String id();

	}

	interface UserTokens {

		Mono<Secret> current(GrantKey key);

	}

	interface Users {

		Mono<Map<String, Object>> ask(Question question);

	}

	@Component
	class Issues {

		private final McpToolClient tools;

		Issues(McpToolClient tools) {
			this.tools = tools;
		}

		Mono<Map<String, Object>> mine() {
			return this.tools.callTool("linear", "list_issues", Map.of("limit", 5));
		}

	}

	static class Beans {

		@Bean
		SubjectTokenSupplier subjectTokens(UserTokens tokens) {
			return (key) -> tokens.current(key).map(SubjectToken::accessToken);
		}

		@Bean
		PrincipalResolver principalResolver() {
			return (server, context) -> ReactiveSecurityContextHolder.getContext()
				.mapNotNull(SecurityContext::getAuthentication)
				.mapNotNull(Authentication::getPrincipal)
				.ofType(Jwt.class)
				.mapNotNull((jwt) -> jwt.getClaimAsString("tenant"))
				.map(server::key);
		}

		@Bean
		QuestionHandler questions(Users users) {
			return (question) -> users.ask(question)
				.map((values) -> values.isEmpty() ? Answer.decline() : Answer.accept(values));
		}

	}

	abstract class VaultTokenStoreTests extends TokenStoreContractTests {

		private final Vault vault = new Vault();

		@Override
		protected TokenStore createStore() {
			return new VaultTokenStore(this.vault);
		}

		@Override
		protected void damage(GrantKey key) {
			this.vault.replaceRecord(key, "no record");
		}

	}

	private static final class Vault {

		private final Map<GrantKey, String> records = new ConcurrentHashMap<>();

		void replaceRecord(GrantKey key, String record) {
			this.records.put(key, record);
		}

	}

	private static final class VaultTokenStore extends DelegatingTokenStore {

		VaultTokenStore(Vault vault) {
			super(new InMemoryTokenStore(WorkThreads.platform()));
		}

	}

}
