// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.springai;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.session.McpSessions;
import io.github.mcpoauth.session.SessionSettings;
import io.github.mcpoauth.session.WebFluxSessionTransports;
import io.github.mcpoauth.springai.McpClientRegistry.UserSessions;
import io.github.mcpoauth.testing.ScriptedManager;
import io.github.mcpoauth.testing.ScriptedMcpServer;
import io.modelcontextprotocol.spec.McpSchema.ClientCapabilities;
import io.modelcontextprotocol.spec.McpSchema.Implementation;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

import org.springframework.ai.mcp.DefaultMcpToolNamePrefixGenerator;
import org.springframework.ai.mcp.McpConnectionInfo;
import org.springframework.ai.mcp.ToolContextToMcpMetaConverter;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.security.authentication.TestingAuthenticationToken;
import org.springframework.security.core.Authentication;
import org.springframework.security.core.authority.AuthorityUtils;
import org.springframework.security.core.context.ReactiveSecurityContextHolder;
import org.springframework.security.core.context.SecurityContext;
import org.springframework.security.core.context.SecurityContextHolder;
import org.springframework.security.core.context.SecurityContextImpl;
import org.springframework.web.reactive.function.client.WebClient;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests how long the lists of users are kept, and what of them is shared.
 */
class UserListTests {

	private static final Duration IDLE = Duration.ofMinutes(30);

	private final ScriptedMcpServer server = ScriptedMcpServer.start();

	private final McpServer demo = McpServer.of("demo", this.server.url());

	private final ScriptedManager manager = ScriptedManager.of("demo", this.server.url());

	private final WorkThreads threads = WorkThreads.platform();

	private final PrincipalCacheSettings cache = new PrincipalCacheSettings(10, IDLE);

	private final McpSessions sessions = new McpSessions(this.manager,
			new WebFluxSessionTransports(this.manager, WebClient::builder, Duration.ofSeconds(20), this.threads),
			SessionSettings.defaults(), List.of(), this.cache, this.threads);

	private final AtomicLong nanoTime = new AtomicLong();

	private final ToolRules rules = new ToolRules((info, tool) -> true, new DefaultMcpToolNamePrefixGenerator(),
			ToolContextToMcpMetaConverter.defaultConverter());

	private final UserToolRegistry tools = tools("one");

	@BeforeEach
	void logIn() {
		this.server.acceptEverybody();
		this.manager.principals((server, context) -> ReactiveSecurityContextHolder.getContext()
			.contextWrite(context)
			.mapNotNull(SecurityContext::getAuthentication)
			.map(Authentication::getName)
			.map(server::key));
		for (int user = 0; user < 30; user++) {
			this.manager.hold(GrantKey.of("demo", "user" + user), "token" + user);
		}
	}

	@AfterEach
	void close() {
		SecurityContextHolder.clearContext();
		this.sessions.closeGracefully().block(Duration.ofSeconds(20));
		this.server.close();
		this.threads.close();
	}

	@Test
	void getWhenListIsKnownDoesNotReadIt() {
		get("user1");
		get("user1");
		assertThat(listed()).isOne();
	}

	@Test
	void getWhenListWasIdleForLongReadsItAnew() {
		get("user1");
		pass(IDLE.dividedBy(2));
		get("user2");
		pass(IDLE.dividedBy(2).plusSeconds(1));
		get("user3");
		assertThat(listed()).isEqualTo(3);
		get("user2");
		assertThat(listed()).isEqualTo(3);
		get("user1");
		assertThat(listed()).isEqualTo(4);
	}

	@Test
	void getWhenThereAreTooManyListsDropsThoseOutOfUse() {
		get("user0");
		for (int user = 1; user < 30; user++) {
			pass(Duration.ofSeconds(2));
			get("user" + user);
		}
		assertThat(listed()).isEqualTo(30);
		get("user29");
		assertThat(listed()).isEqualTo(30);
		get("user0");
		assertThat(listed()).isEqualTo(31);
	}

	@Test
	@DisplayName("The definitions of tools, which may be large, are in memory once for all users")
	void getWhenListsAreEqualSharesTheDefinitions() {
		assertThat(get("user1").get(0).getToolDefinition()).isSameAs(get("user2").get(0).getToolDefinition());
	}

	@Test
	@DisplayName("A generator of names that counts gives a tool one name for all users")
	void getWhenNamesAreCountedIsTheSameForAllUsers() {
		UserToolRegistry other = tools("two");
		assertThat(names(get("user1"))).contains("echo").noneMatch((name) -> name.startsWith("alt_"));
		assertThat(names(get(other, "user1"))).allMatch((name) -> name.startsWith("alt_"));
		assertThat(names(get(other, "user2"))).isEqualTo(names(get(other, "user1")));
	}

	private UserToolRegistry tools(String connection) {
		McpConnectionInfo client = McpConnectionInfo.builder()
			.clientInfo(Implementation.builder(connection, "1").build())
			.clientCapabilities(ClientCapabilities.builder().build())
			.build();
		return new UserToolRegistry(connection, client, this.rules, "demo",
				new UserSessions(this.manager, this.sessions, this.cache, "user"), this.nanoTime::get);
	}

	private List<ToolCallback> get(String user) {
		return get(this.tools, user);
	}

	private List<ToolCallback> get(UserToolRegistry tools, String user) {
		SecurityContextHolder.setContext(new SecurityContextImpl(
				new TestingAuthenticationToken(user, "secret", AuthorityUtils.createAuthorityList("USER"))));
		return tools.get(this.demo, false);
	}

	private static List<String> names(List<ToolCallback> tools) {
		return tools.stream().map((tool) -> tool.getToolDefinition().name()).toList();
	}

	private void pass(Duration time) {
		this.nanoTime.addAndGet(time.toNanos());
	}

	private int listed() {
		return this.server.received("tools/list").size();
	}

}
