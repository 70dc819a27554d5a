// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.web;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.McpOAuthManager;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.web.util.UriUtils;

/**
 * The actions of a user: connect, cancel, come back from the authorization server,
 * disconnect.
 */
final class LoginActions {

	/**
	 * How long a browser waits for an answer. An action that takes longer goes on without
	 * it.
	 */
	static final Duration PATIENCE = Duration.ofSeconds(60);

	private static final int OUTCOMES = 20;

	private static final Log logger = LogFactory.getLog(LoginActions.class);

	private final McpOAuthManager manager;

	private final PageUser user;

	private final VisitorLoginRegistry pending = new VisitorLoginRegistry();

	/**
	 * Outcomes are kept for as long as it takes to show them: the answer to a form sends
	 * the browser to a page of its own, which may be loaded again.
	 */
	private final OwnedValues<SeenBy> outcomes = new OwnedValues<>(OUTCOMES);

	LoginActions(McpOAuthManager manager, PageUser user) {
		this.manager = manager;
		this.user = user;
	}

	Mono<Result> connect(Visit visit) {
		return provider(visit).flatMap((provider) -> {
			Login current = provider.currentLogin();
			if (current != null && current.id().equals(visit.request().parameter("instead"))) {
				current.cancel();
			}
			LoginRequest how = (visit.request().parameter("code") != null) ? LoginRequest.withDeviceCode()
					: new LoginRequest(false, visit.redirectUri());
			return WorkThreads.shared()
				.within(provider.login(how).map((login) -> started(provider.key(), login, visit)), PATIENCE)
				.onErrorResume((ex) -> failed("not-connected", provider.key(), ex));
		});
	}

	private Result started(GrantKey key, Login login, Visit visit) {
		if (this.pending.bind(key, login, visit.redirectUri(), visit.visitor()) == null) {
			return new Shown(LoginOutcome.note("elsewhere", "elsewhere.text", key.server()));
		}
		return new Onward((login.userCode() != null) ? PageViews.LIST : ServerCards.onward(key.server(), login));
	}

	Mono<Result> cancel(Visit visit) {
		return provider(visit).map((provider) -> {
			String server = provider.key().server();
			Login login = provider.currentLogin();
			if (login == null || !login.id().equals(visit.request().parameter("flow"))) {
				return new Shown(LoginOutcome.note("nothing", "nothing.text", server));
			}
			login.cancel();
			return new Shown(LoginOutcome.note("cancelled", "cancelled.text", server));
		});
	}

	Mono<Result> disconnect(Visit visit) {
		return provider(visit).flatMap((provider) -> WorkThreads.shared()
			.within(provider.logout(), PATIENCE)
			.<Result>map((revoked) -> new Shown(LoginOutcome.done("disconnected",
					revoked ? "disconnected.revoked" : "disconnected.forgotten", provider.key().server())))
			.onErrorResume((ex) -> failed("not-disconnected", provider.key(), ex)));
	}

	/**
	 * The browser comes back from the authorization server.
	 */
	Mono<Result> callback(Visit visit) {
		PageRequest request = visit.request();
		String state = request.parameter("state");
		if (state == null || (request.parameter("code") == null && request.parameter("error") == null)) {
			return turned(400, PageMessage.of("callback.none"));
		}
		VisitorLogin login = this.pending.ofState(state);
		if (login == null) {
			return turned(404, PageMessage.of("callback.unknown"));
		}
		McpServer server = server(login.key().server());
		return (server != null) ? provider(server, visit).flatMap((provider) -> answer(visit, login, provider.key()))
				: turned(404, PageMessage.of("callback.unknown"));
	}

	/**
	 * The answer must come from the browser and the user that started the login, and to
	 * the address that the authorization server was told: otherwise a user could be made
	 * to store another user's access as their own.
	 */
	private Mono<Result> answer(Visit visit, VisitorLogin login, GrantKey key) {
		if (!visit.known() || !login.belongsTo(visit.visitor()) || !login.key().equals(key)
				|| !login.redirectUri().equals(visit.redirectUri())) {
			return turned(403, PageMessage.of("callback.foreign"));
		}
		LoginException.Reason abandoned = login.abandoned();
		if (abandoned != null) {
			String title = (abandoned == LoginException.Reason.TIMED_OUT) ? "callback.late.title"
					: "callback.cancelled.title";
			return turned(410, new PageMessage(title, "callback.ended.text", false, Map.of("server", key.server())));
		}
		if (!login.answer()) {
			return turned(409, PageMessage.of("callback.repeated").with("server", key.server()));
		}
		return WorkThreads.shared()
			.within(login.login().complete(login.redirectUri() + "?" + query(visit.request())), PATIENCE)
			.<Result>map((status) -> new Shown(LoginOutcome.done("connected", "connected.text", key.server())))
			.onErrorResume(IllegalArgumentException.class, (ex) -> {
				login.notAnswered();
				return turned(400, PageMessage.of("callback.damaged"));
			})
			.onErrorResume((ex) -> failed("not-connected", key, ex));
	}

	/**
	 * Encoded anew, as a question mark in a value need not be encoded by others.
	 */
	private static String query(PageRequest request) {
		return request.parameters()
			.entrySet()
			.stream()
			.flatMap((parameter) -> parameter.getValue()
				.stream()
				.map((value) -> encoded(parameter.getKey()) + "=" + encoded(value)))
			.collect(Collectors.joining("&"));
	}

	private static String encoded(@Nullable String text) {
		return (text != null) ? UriUtils.encode(text, StandardCharsets.UTF_8) : "";
	}

	private static Mono<Result> turned(int status, PageMessage message) {
		return Mono.just(new Turned(status, message));
	}

	private static Mono<Result> failed(String title, GrantKey key, Throwable failure) {
		if (failure instanceof UnknownServerException) {
			return Mono.error(failure);
		}
		if (failure instanceof McpOAuthException) {
			logger.info("The connections page could not do this: " + failure.getMessage());
		}
		else if (!(failure instanceof TimeoutException)) {
			return Mono.error(failure);
		}
		return Mono.just(new Shown(LoginOutcome.failed(title, key.server(), failure)));
	}

	/**
	 * The provider of the user's grant of the server that a form names.
	 */
	Mono<McpOAuthProvider> provider(Visit visit) {
		return Mono.defer(() -> {
			String name = String.valueOf(visit.request().parameter("server"));
			McpServer server = server(name);
			Collection<McpServer> servers = this.manager.servers();
			return (server != null) ? provider(server, visit)
					: Mono.error(new UnknownServerException(name, servers.stream().map(McpServer::name).toList()));
		});
	}

	Mono<McpOAuthProvider> provider(McpServer server, Visit visit) {
		return this.user.provider(server, visit.request());
	}

	private @Nullable McpServer server(String name) {
		return this.manager.servers().stream().filter((server) -> server.name().equals(name)).findFirst().orElse(null);
	}

	/**
	 * The newest login for a grant that a visitor started here.
	 */
	@Nullable VisitorLogin pending(GrantKey key, Visitor visitor) {
		VisitorLogin newest = this.pending.newest(key);
		return (newest != null && newest.belongsTo(visitor)) ? newest : null;
	}

	/**
	 * Keep an outcome.
	 * @param visitor the visitor that is to see it
	 * @param outcome the outcome
	 * @return its name
	 */
	String keep(Visitor visitor, LoginOutcome outcome) {
		String name = UUID.randomUUID().toString();
		this.outcomes.put(visitor.owner(), name, new SeenBy(visitor, outcome));
		return name;
	}

	@Nullable LoginOutcome outcome(@Nullable String name, Visitor visitor) {
		SeenBy found = (name != null) ? this.outcomes.get(name) : null;
		return (found != null && found.visitor().equals(visitor)) ? found.outcome() : null;
	}

	/**
	 * The result of an action.
	 */
	sealed interface Result {

	}

	/**
	 * The browser goes to the list, which shows the outcome.
	 *
	 * @param outcome the outcome
	 */
	record Shown(LoginOutcome outcome) implements Result {

	}

	/**
	 * The browser goes on to another page.
	 *
	 * @param location its address, relative to the page
	 */
	record Onward(String location) implements Result {

	}

	/**
	 * The request is turned away.
	 *
	 * @param status the HTTP status
	 * @param message the message
	 */
	record Turned(int status, PageMessage message) implements Result {

	}

	private record SeenBy(Visitor visitor, LoginOutcome outcome) {

	}

}
