// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.servers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.servers.FaultyProxy.Fault;
import io.modelcontextprotocol.spec.McpSchema.CallToolRequest;
import io.modelcontextprotocol.spec.McpSchema.CallToolResult;
import io.modelcontextprotocol.spec.McpSchema.Tool;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

import static io.github.mcpoauth.servers.AgentApplication.SERVER;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The features that applications rely on, with a real server in each of the protocols.
 * The application is the same for all of them: it finds out which protocol the server
 * speaks.
 */
abstract class ProtocolTestBase extends ServerTestBase {

	private static final int STORM = 1000;

	final Spoken spoken;

	ProtocolTestBase(Spoken spoken) {
		this.spoken = spoken;
	}

	@Test
	void callToolWhenLoggedInIsAnsweredInTheProtocolOfTheServer() throws Exception {
		assertThatExceptionOfType(LoginRequiredException.class)
			.isThrownBy(() -> await(this.agent.session().listTools()));
		this.agent.logIn();
		this.proxy.reset();
		assertThat(await(this.agent.session().listTools())).extracting(Tool::name).contains("echo");
		assertThat(echo("hello")).isEqualTo("hello");
		boolean sessions = this.spoken == Spoken.LEGACY;
		assertThat(this.proxy.seen("notifications/initialized")).hasSize(sessions ? 1 : 0);
		assertThat(await(this.agent.session().connect()).protocolVersion())
			.isEqualTo(sessions ? "2025-11-25" : "2026-07-28");
	}

	@Test
	@DisplayName("A token that has expired is renewed before the call, once for all callers")
	void callToolWhenTokenHasExpiredIsRenewedBeforehand() throws Exception {
		this.agent.logIn();
		assertThat(echo("before")).isEqualTo("before");
		expire();
		long refreshes = refreshes();
		long rejections = rejections();
		assertThat(storm(10)).isEqualTo(10);
		assertThat(refreshes()).isEqualTo(refreshes + 1);
		assertThat(rejections()).isEqualTo(rejections);
	}

	@Test
	@DisplayName("A thousand calls with a revoked token are a thousand results and one refresh")
	void callToolWhenTokenWasRevokedIsRecoveredByOneRefresh() throws Exception {
		this.agent.logIn();
		assertThat(echo("before")).isEqualTo("before");
		authorizationServer().controls().revokeAccessTokens();
		long refreshes = refreshes();
		assertThat(storm(STORM)).isEqualTo(STORM);
		assertThat(refreshes()).isEqualTo(refreshes + 1);
	}

	@Test
	void callToolWhenGrantWasRevokedNeedsALoginAndWorksAfterIt() throws Exception {
		this.agent.logIn();
		assertThat(echo("before")).isEqualTo("before");
		authorizationServer().controls().revokeGrants();
		assertThat(members(await(call("echo")))).containsEntry("needs_reauth", true);
		int requests = this.proxy.requests();
		assertThat(members(await(call("echo")))).containsEntry("needs_reauth", true);
		assertThat(this.proxy.requests()).isEqualTo(requests);
		this.agent.logIn();
		assertThat(echo("after")).isEqualTo("after");
	}

	@Test
	@DisplayName("A call whose event stream is cut is not sent again, and a list is")
	void callToolWhenStreamIsCutIsUncertain() throws Exception {
		this.agent.logIn();
		assertThat(echo("before")).isEqualTo("before");
		this.proxy.reset();
		this.proxy.script(1, (request) -> request.is("tools/call"), Fault.cut());
		assertThat(members(await(call("cut")))).containsEntry("outcome_uncertain", true)
			.doesNotContainKey("needs_reauth");
		assertThat(this.proxy.seen("tools/call")).hasSize(1);
		assertThat(echo("after")).isEqualTo("after");
		this.agent.session().reconnect();
		this.proxy.reset();
		this.proxy.script(1, (request) -> request.is("tools/list"), Fault.cut());
		assertThat(await(this.agent.session().listTools())).isNotEmpty();
		assertThat(this.proxy.seen("tools/list")).hasSize(2);
	}

	/**
	 * Let the stored token be as old as a pause of the application would make it.
	 */
	private void expire() throws IOException {
		Path record = this.store.resolve(SERVER + ".json");
		ObjectNode members = (ObjectNode) JsonMapper.shared().readTree(Files.readAllBytes(record));
		members.put("expires_at", Instant.now().minusSeconds(60).getEpochSecond());
		Path replacement = Files.write(this.store.resolve("replacement"),
				JsonMapper.shared().writeValueAsBytes(members));
		Files.move(replacement, record, StandardCopyOption.ATOMIC_MOVE);
	}

	private int storm(int calls) {
		List<String> messages = IntStream.range(0, calls).mapToObj(Integer::toString).toList();
		List<String> answers = await(
				Flux.fromIterable(messages).flatMap(this::call, calls).map(ProtocolTestBase::text).collectList());
		assertThat(answers).containsExactlyInAnyOrderElementsOf(messages);
		return answers.size();
	}

	private long refreshes() {
		return authorizationServer().stats().tokenRequests("refresh_token", "ok");
	}

	private long rejections() {
		return authorizationServer().stats().mcpRequests(401);
	}

	final String echo(String message) {
		return text(await(call(message)));
	}

	private Mono<CallToolResult> call(String message) {
		return this.agent.session()
			.callTool(CallToolRequest.builder("echo").arguments(Map.of("message", message)).build());
	}

}
