// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

import ch.qos.logback.classic.Level;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.event.McpOAuthEvent;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.store.memory.InMemoryTokenStore;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.PrincipalRequiredException;
import io.github.mcpoauth.testing.ScriptedMcpServer;
import io.github.mcpoauth.testing.ScriptedMcpServer.Fault;
import io.github.mcpoauth.testing.ScriptedMcpServer.Received;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Hooks;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.ToolCallbackProvider;
import org.springframework.boot.WebApplicationType;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.core.context.SecurityContextImpl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Tests that the tools of a chat client are those of the user who asks. The MCP server
 * tells with whose token it was called.
 */
class UserToolRegistryTests {

	private static final int AT_ONCE = 50;

	private static final int CHATS = Integer.getInteger("chat.chats", AT_ONCE);

	private static final String POISON = UserToolRegistryTests.class.getName();

	private final ScriptedMcpServer server = ScriptedMcpServer.start();

	private final WorkThreads threads = WorkThreads.platform();

	private final InMemoryTokenStore store = new InMemoryTokenStore(this.threads);

	private final AtomicLong generation = new AtomicLong();

	@BeforeEach
	void logInUsers() {
		List<String> tokens = new ArrayList<>();
		for (int number = 1; number <= ChatApplication.USERS; number++) {
			logIn(key("user" + number), "token-user" + number);
			tokens.add("token-user" + number);
		}
		tokens.add("token-application");
		this.server.accept(tokens.toArray(String[]::new));
	}

	@AfterEach
	void close() {
		Schedulers.resetOnScheduleHook(POISON);
		Hooks.disableAutomaticContextPropagation();
		this.server.close();
		this.threads.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "SYNC", "ASYNC" })
	void chatWhenUserAsksCallsTheToolsOfThatUser(String type) {
		try (ChatApplication application = servlet("--spring.ai.mcp.client.type=" + type)) {
			for (String path : List.of("call", "stream")) {
				for (String user : List.of("user1", "user2", "user1")) {
					assertThat(text(application, path, user, "whoami whoami")).isEqualTo(token(user) + token(user));
				}
			}
			assertNoSessionIsShared(Set.of("token-user1", "token-user2"));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "call", "stream" })
	@DisplayName("50 chats of 10 users at the same time, while threads of pools carry another user")
	void chatWhenManyUsersAskAtOnceNeverHasTheTokenOfAnother(String path) {
		poisonPools();
		try (ChatApplication application = servlet()) {
			assertManyChats(application, path);
		}
	}

	@Test
	@EnabledForJreRange(min = JRE.JAVA_21)
	void chatWhenOnVirtualThreadsNeverHasTheTokenOfAnother() {
		poisonPools();
		try (ChatApplication application = servlet("--spring.threads.virtual.enabled=true")) {
			assertThat(application.ask("thread", "user1", "").join()).isEqualTo("true");
			assertManyChats(application, "call");
			this.server.forgetSessions();
			assertManyChats(application, "stream");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "call", "stream" })
	void chatWhenInAReactiveApplicationHasTheTokenOfTheUserWithContextPropagation(String path) {
		try (ChatApplication application = start(WebApplicationType.REACTIVE)) {
			assertThat(text(application, path, "user1", "whoami")).contains("PrincipalRequiredException",
					"spring.reactor.context-propagation");
			Hooks.enableAutomaticContextPropagation();
			assertManyChats(application, path);
		}
	}

	@Test
	void chatWhenOnAnEventLoopSaysWhatToDo() {
		try (ChatApplication application = start(WebApplicationType.REACTIVE)) {
			ToolCallbackProvider tools = application.context().getBean(ToolCallbackProvider.class);
			assertThatExceptionOfType(PrincipalRequiredException.class)
				.isThrownBy(() -> Mono.fromCallable(tools::getToolCallbacks)
					.subscribeOn(Schedulers.parallel())
					.block(ChatApplication.PATIENCE))
				.withMessageContainingAll("event loop", "Schedulers.boundedElastic()",
						"spring.reactor.context-propagation");
			assertThat(this.server.received()).isEmpty();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "direct", "loop", "stream" })
	@DisplayName("The advisor finds the user in the Reactor context, on event loops and without context propagation")
	void chatWhenAdvisedHasTheTokenOfTheUserOfTheReactorContext(String path) {
		poisonPools();
		try (ChatApplication application = start(WebApplicationType.REACTIVE, "--test.customizers=true")) {
			assertManyChats(application, path);
			logOut(key("user2"));
			application.context().publishEvent(new McpOAuthEvent.LoggedOut("demo", "user2", Instant.now(), false));
			assertThat(text(application, path, "user2", "tools")).isEqualTo("demo_login_required");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "named", "named-stream" })
	void chatWhenAdvisedHasTheToolsOfTheUserOfTheToolContext(String path) {
		logOut(key("user2"));
		try (ChatApplication application = servlet("--test.customizers=true")) {
			assertThat(text(application, path, "user1", "whoami whoami")).isEqualTo(token("user1").repeat(2));
			assertThat(text(application, path, "user2", "tools")).isEqualTo("demo_login_required");
			assertNoSessionIsShared(Set.of("token-user1"));
		}
	}

	@Test
	void chatWhenAdvisedAndToolContextNamesAnotherUserHasTheToolsOfThatUser() {
		try (ChatApplication application = servlet("--test.customizers=true")) {
			assertThat(text(application, "for-user2", "user1", "whoami")).isEqualTo(token("user2"));
			logOut(key("user2"));
			application.context().publishEvent(new McpOAuthEvent.LoggedOut("demo", "user2", Instant.now(), false));
			assertThat(text(application, "for-user2", "user1", "tools")).isEqualTo("demo_login_required");
			assertThat(text(application, "call", "user1", "tools")).contains("whoami");
			assertThat(text(application, "call", "user2", "tools")).isEqualTo("demo_login_required");
		}
	}

	@Test
	void chatWhenAdvisedAndUserIsLostFails() {
		try (ChatApplication application = servlet("--test.customizers=true")) {
			assertThat(text(application, "lost", "user1", "whoami")).contains("PrincipalRequiredException",
					"ToolContext", "'io.github.mcpoauth.principal'", "on the thread '", "DelegatingSecurityContext");
			assertThat(this.server.received()).isEmpty();
			assertThat(text(application, "call", "user1", "whoami")).isEqualTo(token("user1"));
			ToolCallback pending = tools(application)[0];
			assertThatExceptionOfType(PrincipalRequiredException.class)
				.isThrownBy(() -> pending.getToolDefinition().description());
			assertThatExceptionOfType(PrincipalRequiredException.class).isThrownBy(() -> pending.call("{}"));
		}
	}

	@Test
	@DisplayName("A lost user fails closed, and the message says where the user was looked for")
	void chatWhenUserIsLostFails() {
		try (ChatApplication application = servlet()) {
			assertThat(text(application, "lost", "user1", "whoami")).contains("PrincipalRequiredException",
					"has no authenticated user", "io.github.mcpoauth.principal");
			assertThat(this.server.received()).isEmpty();
		}
	}

	@Test
	void chatWhenUserHasNoLoginHasOneToolThatSaysSo() {
		logOut(key("user2"));
		try (ChatApplication application = servlet()) {
			assertThat(text(application, "call", "user1", "tools")).contains("whoami").doesNotContain("login_required");
			assertThat(text(application, "call", "user2", "tools")).isEqualTo("demo_login_required");
			assertThat(text(application, "stream", "user2", "demo_login_required")).contains("\"needs_reauth\":true",
					"--principal=user2");
			assertThat(text(application, "call", "user1", "whoami")).isEqualTo(token("user1"));
			logIn(key("user2"), "token-user2");
			assertThat(text(application, "call", "user2", "whoami")).isEqualTo(token("user2"));
			logOut(key("user2"));
			application.context().publishEvent(new McpOAuthEvent.LoggedOut("demo", "user2", Instant.now(), false));
			assertThat(text(application, "call", "user2", "tools")).isEqualTo("demo_login_required");
			assertThat(text(application, "call", "user1", "tools")).contains("whoami");
			logOut(key("user1"));
			application.context().publishEvent(new McpOAuthEvent.ServerRemoved("demo", "user1", Instant.now(), false));
			assertThat(text(application, "call", "user1", "tools")).isEqualTo("demo_login_required");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "call", "stream" })
	@DisplayName("A token that is rejected costs its user a login, and no stack trace of Spring AI")
	void toolWhenLoginIsRequiredTellsTheModelOfThatUserOnly(String path) {
		try (ChatApplication application = servlet()) {
			assertThat(text(application, path, "user1", "whoami")).isEqualTo(token("user1"));
			assertThat(text(application, path, "user2", "whoami")).isEqualTo(token("user2"));
			this.server.accept("token-user1");
			List<String> errors = ErrorLog
				.during(() -> assertThat(text(application, path, "user2", "whoami")).contains("\"needs_reauth\":true"));
			assertThat(errors).isEmpty();
			assertThat(text(application, path, "user1", "whoami")).isEqualTo(token("user1"));
		}
	}

	@Test
	void toolWhenServerFailsForOneUserIsPausedForThatUser() {
		try (ChatApplication application = servlet()) {
			text(application, "call", "user1", "whoami");
			text(application, "call", "user2", "whoami");
			this.server.script(100, (request) -> isCall(request) && "token-user2".equals(request.token()),
					Fault.status(503));
			List<String> errors = ErrorLog.during(() -> {
				for (int i = 0; i < 3; i++) {
					assertThat(text(application, "call", "user2", "whoami")).contains("HTTP status 503");
				}
			});
			assertThat(errors).hasSize(3)
				.allSatisfy((error) -> assertThat(error).contains("'whoami'", "HTTP status 503"));
			assertThat(ErrorLog
				.during(() -> assertThat(text(application, "call", "user2", "whoami")).contains("are paused")))
				.isEmpty();
			assertThat(text(application, "call", "user1", "whoami")).isEqualTo(token("user1"));
		}
	}

	@Test
	@DisplayName("An error of a tool is still logged as an error")
	void toolWhenItFailsItselfIsLogged() {
		try (ChatApplication application = servlet()) {
			assertThat(
					ErrorLog.during(() -> assertThat(text(application, "call", "user1", "fail")).contains("it failed")))
				.singleElement()
				.satisfies((error) -> assertThat(error).contains("'fail'", "it failed"));
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "named", "named-stream" })
	@DisplayName("Where listing needs no user, the ToolContext names the user of a call, and it stays in the application")
	void toolWhenContextOfTheToolNamesTheUserIsCalledAsThatUser(String path) {
		poisonPools();
		logIn(GrantKey.of("demo"), "token-application");
		try (ChatApplication application = servlet("--mcp.servers.demo.oauth.list-tools-as=application")) {
			assertThat(text(application, path, "user1", "whoami")).isEqualTo(token("user1"));
			assertThat(text(application, path, "user2", "whoami")).isEqualTo(token("user2"));
			assertThat(this.server.received("tools/list")).extracting(Received::token)
				.containsOnly("token-application")
				.hasSize(1);
			assertThat(this.server.received("tools/call"))
				.allSatisfy((call) -> assertThat(String.valueOf(call.params().get("_meta"))).doesNotContain("user",
						"Password"));
		}
	}

	@Test
	void toolWhenListingNeedsNoUserAndTheUserIsLostFails() {
		logIn(GrantKey.of("demo"), "token-application");
		try (ChatApplication application = servlet("--mcp.servers.demo.oauth.list-tools-as=application")) {
			assertThat(text(application, "lost", "user1", "tools")).contains("whoami");
			assertThat(text(application, "lost", "user1", "whoami")).contains("PrincipalRequiredException",
					"ToolContext", "'io.github.mcpoauth.principal'", "which asked for the tools");
			assertThat(this.server.received("tools/call")).isEmpty();
		}
	}

	@Test
	void chatWhenTheApplicationItselfNeedsALoginToListWarnsOfThat() {
		try (ChatApplication application = servlet("--mcp.servers.demo.oauth.list-tools-as=application")) {
			assertThat(ErrorLog.during(Level.WARN, () -> {
				assertThat(text(application, "call", "user1", "tools")).isEqualTo("demo_login_required");
				text(application, "call", "user2", "tools");
			})).filteredOn((line) -> line.contains("its tools are not available")).hasSize(1);
			logOut(key("user1"));
		}
		try (ChatApplication application = servlet()) {
			assertThat(ErrorLog.during(Level.WARN,
					() -> assertThat(text(application, "call", "user1", "tools")).isEqualTo("demo_login_required")))
				.noneMatch((line) -> line.contains("its tools are not available"));
		}
	}

	@ParameterizedTest
	@EnumSource(names = { "SERVLET", "REACTIVE" })
	@DisplayName("A server that lists its tools to all needs no grant of the application")
	void chatWhenServerListsWithoutAUserCallsAsTheUser(WebApplicationType type) {
		this.server.acceptAnonymousListing();
		try (ChatApplication application = start(type, "--mcp.servers.demo.oauth.list-tools-as=application")) {
			assertThat(text(application, "call", "user1", "tools")).contains("whoami");
			String path = (type == WebApplicationType.REACTIVE) ? "direct" : "stream";
			assertThat(text(application, path, "user1", "whoami")).isEqualTo(token("user1"));
			assertThat(text(application, path, "user2", "whoami")).isEqualTo(token("user2"));
			logOut(key("user3"));
			assertThat(text(application, path, "user3", "whoami")).contains("\"needs_reauth\":true");
		}
	}

	@Test
	@DisplayName("Tools that an application keeps are not called for another user")
	void toolWhenKeptForAnotherUserIsNotCalled() {
		try (ChatApplication application = servlet()) {
			assertThat(text(application, "kept", "user1", "whoami")).isEqualTo(token("user1"));
			assertThat(text(application, "kept", "user2", "whoami")).contains("PrincipalRequiredException",
					"asked for by another user", "ToolCallbackProvider");
			assertThat(this.server.received("tools/call")).hasSize(1);
		}
	}

	@Test
	void chatWhenToolsOfTheServerChangeListsThemAnew() {
		try (ChatApplication application = servlet()) {
			text(application, "call", "user1", "tools");
			text(application, "call", "user1", "tools");
			assertThat(this.server.received("tools/list")).hasSize(1);
			application.context().getBean(McpClientRegistry.class).toolsChanged("demo");
			assertThat(text(application, "call", "user1", "tools")).contains("whoami");
			assertThat(this.server.received("tools/list")).hasSize(2);
		}
	}

	private void assertManyChats(ChatApplication application, String path) {
		for (int first = 0; first < CHATS; first += AT_ONCE) {
			List<CompletableFuture<String>> answers = new ArrayList<>();
			for (int number = 0; number < AT_ONCE; number++) {
				answers.add(application.ask(path, user(first + number), "whoami whoami whoami"));
			}
			for (int number = 0; number < AT_ONCE; number++) {
				assertThat(tokens(answers.get(number).join())).isEqualTo(token(user(first + number)).repeat(3));
			}
		}
		Set<String> all = new TreeSet<>();
		for (int number = 0; number < ChatApplication.USERS; number++) {
			all.add("token-" + user(number));
		}
		assertNoSessionIsShared(all);
	}

	private static String user(int number) {
		return "user" + (1 + number % ChatApplication.USERS);
	}

	private void assertNoSessionIsShared(Set<String> tokens) {
		Map<String, Set<String>> bySession = new HashMap<>();
		for (Received call : this.server.received("tools/call")) {
			bySession.computeIfAbsent(String.valueOf(call.session()), (session) -> new TreeSet<>())
				.add(String.valueOf(call.token()));
		}
		assertThat(bySession.values()).allSatisfy((owners) -> assertThat(owners).hasSize(1));
		assertThat(bySession.values().stream().flatMap(Set::stream)).containsOnly(tokens.toArray(String[]::new));
	}

	/**
	 * Give each task of a pool of Reactor the security context of a stranger, as it would
	 * be left there by code that forgets to clear it.
	 */
	private static void poisonPools() {
		Schedulers.onScheduleHook(POISON, (task) -> () -> {
			SecurityContextHolder.setContext(new SecurityContextImpl(
					new TestingAuthenticationToken("user9", "secret", AuthorityUtils.createAuthorityList("USER"))));
			try {
				task.run();
			}
			finally {
				SecurityContextHolder.clearContext();
			}
		});
	}

	private static ToolCallback[] tools(ChatApplication application) {
		return application.context().getBean(ToolCallbackProvider.class).getToolCallbacks();
	}

	private ChatApplication servlet(String... arguments) {
		return start(WebApplicationType.SERVLET, arguments);
	}

	private ChatApplication start(WebApplicationType type, String... arguments) {
		return ChatApplication.start(type, this.store, this.server, arguments);
	}

	private static String text(ChatApplication application, String path, String user, String message) {
		return tokens(application.ask(path, user, message).join());
	}

	/**
	 * Reduce answers of the tool {@code whoami} to the tokens.
	 */
	private static String tokens(String answer) {
		return answer.replaceAll("\\s*\\[\\{[^\\]]*\"text\":\"(token-[a-z0-9]*)\"[^\\]]*\\}\\]\\s*", "<$1>");
	}

	private static String token(String user) {
		return "<token-" + user + ">";
	}

	private static boolean isCall(Received request) {
		return "tools/call".equals(request.method());
	}

	private static GrantKey key(String user) {
		return GrantKey.of("demo", user);
	}

	private void logIn(GrantKey key, String token) {
		URI issuer = this.server.url().resolve("/");
		Grant grant = Grant.with(Secret.of(token))
			.issuedAt(Instant.now())
			.issuer(issuer.toString())
			.tokenEndpoint(issuer.resolve("/token"))
			.clientId("client-1")
			.resource(this.server.url().toString())
			.generation(this.generation.incrementAndGet())
			.build();
		this.store.locked(key, ChatApplication.PATIENCE, this.store.save(key, grant, null))
			.block(ChatApplication.PATIENCE);
	}

	private void logOut(GrantKey key) {
		this.store.locked(key, ChatApplication.PATIENCE, this.store.delete(key)).block(ChatApplication.PATIENCE);
	}

}
