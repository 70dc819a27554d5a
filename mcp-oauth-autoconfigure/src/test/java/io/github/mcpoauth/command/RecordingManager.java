// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.ServerStatus.Explanation;
import io.github.mcpoauth.ServerStatus.GrantDetails;
import io.github.mcpoauth.ServerStatus.State;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.testing.KeyedManager;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * A manager whose answers a test writes down, and which notes the questions. A question
 * that a command must not ask is an {@link AssertionError}.
 */
final class RecordingManager extends KeyedManager {

	final List<String> asked = new ArrayList<>();

	private final Map<String, ServerStatus> statuses = new LinkedHashMap<>();

	private final Map<String, RuntimeException> refreshFailures = new LinkedHashMap<>();

	private final Set<String> leftOut = new HashSet<>();

	private boolean revoked = true;

	private @Nullable Login login;

	private @Nullable RuntimeException loginFailure;

	RecordingManager with(ServerStatus status) {
		this.statuses.put(status.server(), status);
		return this;
	}

	RecordingManager failRefresh(String server, RuntimeException failure) {
		this.refreshFailures.put(server, failure);
		return this;
	}

	RecordingManager revoked(boolean revoked) {
		this.revoked = revoked;
		return this;
	}

	RecordingManager login(Login login) {
		this.login = login;
		return this;
	}

	RecordingManager failLogin(RuntimeException failure) {
		this.loginFailure = failure;
		return this;
	}

	RecordingManager leaveOut(String server) {
		this.leftOut.add(server);
		return this;
	}

	@Override
	public Collection<McpServer> servers() {
		return this.statuses.values()
			.stream()
			.map((status) -> new McpServer(status.server(), status.url(),
					OAuthSettings.builder().refreshAll(!this.leftOut.contains(status.server())).build()))
			.toList();
	}

	@Override
	protected Mono<ServerStatus> status(GrantKey key) {
		return ask("status " + key, key, () -> Mono.justOrEmpty(this.statuses.get(key.server())));
	}

	@Override
	protected Mono<ServerStatus> refresh(GrantKey key, @Nullable Duration minTtl) {
		return ask("refresh %s %s".formatted(key, minTtl), key, () -> {
			RuntimeException failure = this.refreshFailures.get(key.server());
			return (failure != null) ? Mono.error(failure) : Mono.justOrEmpty(this.statuses.get(key.server()));
		});
	}

	@Override
	protected Mono<Login> login(GrantKey key, LoginRequest request) {
		String browser = request.openBrowser() ? "with browser" : "without browser";
		return ask("login %s %s".formatted(key, request.deviceCode() ? "with device code" : browser), key,
				() -> (this.loginFailure != null) ? Mono.error(this.loginFailure) : Mono.justOrEmpty(this.login));
	}

	@Override
	protected Mono<Boolean> logout(GrantKey key) {
		return ask("logout " + key, key, () -> Mono.just(this.revoked));
	}

	@Override
	protected Mono<Boolean> remove(GrantKey key) {
		return ask("remove " + key, key, () -> Mono.just(this.revoked));
	}

	private <T> Mono<T> ask(String question, GrantKey key, Supplier<Mono<T>> answer) {
		return Mono.defer(() -> {
			this.asked.add(question);
			return this.statuses.containsKey(key.server()) ? answer.get()
					: Mono.error(new UnknownServerException(key.server(), this.statuses.keySet()));
		});
	}

	/**
	 * A status of a server that is authorized until a little before noon.
	 * @param server its name
	 * @return the status
	 */
	static ServerStatus authorized(String server) {
		return new ServerStatus(server, url(server), State.AUTHORIZED, Explanation.NONE,
				new GrantDetails("https://issuer.example", "client-1", url(server).toString(), Set.of("tools"),
						Instant.parse("2026-01-01T10:58:00Z"), Instant.parse("2026-01-01T11:58:00Z"), true),
				location(server));
	}

	static ServerStatus loginRequired(String server) {
		return new ServerStatus(server, url(server), State.LOGIN_REQUIRED,
				new Explanation("no user has logged in yet", null, null, "mcp login " + server), GrantDetails.NONE,
				location(server));
	}

	private static URI url(String server) {
		return URI.create("https://%s.example/mcp".formatted(server));
	}

	private static String location(String server) {
		return "/home/me/.mcp-oauth/%s.json".formatted(server);
	}

}
