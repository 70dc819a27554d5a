// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.Collection;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

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
import reactor.core.publisher.Flux;
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

	private static final Log logger = LogFactory.getLog(LoginActions.class);

	private final McpOAuthManager manager;

	private final PageUser user;

	private final VisitorResolver visitors;

	LoginActions(McpOAuthManager manager, PageUser user, VisitorResolver visitors) {
		this.manager = manager;
		this.user = user;
		this.visitors = visitors;
	}

	Mono<Result> connect(Visit visit) {
		return provider(visit).flatMap((provider) -> {
			LoginRequest how = (visit.request().parameter("code") != null) ? LoginRequest.withDeviceCode()
					: new LoginRequest(false, visit.redirectUri());
			Mono<Login> login = cancel(provider, visit.request().parameter("instead"))
				.then(Mono.defer(() -> provider.login(how.withOwner(this.visitors.owner(visit.visitor())))));
			return WorkThreads.shared()
				.within(login.map((started) -> started(started, visit)), PATIENCE)
				.onErrorResume((ex) -> failed("not-connected", provider.key().server(), ex));
		});
	}

	private Result started(Login login, Visit visit) {
		if (!isOf(visit, login)) {
			return new Shown(LoginOutcome.note("elsewhere", "elsewhere.text", login.server()));
		}
		return new Onward(
				(login.userCode() != null) ? PageViews.LIST : ServerCardFactory.onward(login.server(), login));
	}

	Mono<Result> cancel(Visit visit) {
		return provider(visit).flatMap((provider) -> {
			String server = provider.key().server();
			return WorkThreads.shared()
				.within(cancel(provider, visit.request().parameter("flow")), PATIENCE)
				.<Result>map((login) -> new Shown(LoginOutcome.note("cancelled", "cancelled.text", server)))
				.defaultIfEmpty(new Shown(LoginOutcome.note("nothing", "nothing.text", server)))
				.onErrorResume((ex) -> failed("not-connected", provider.key().server(), ex));
		});
	}

	/**
	 * Cancel a login that goes on, and wait for its end.
	 */
	private static Mono<Login> cancel(McpOAuthProvider provider, @Nullable String flow) {
		return provider.logins()
			.flatMap((logins) -> Mono.justOrEmpty(
					logins.stream().filter((login) -> login.id().equals(flow) && isGoingOn(login)).findFirst()))
			.delayUntil((login) -> {
				login.cancel();
				return login.completion().onErrorComplete();
			});
	}

	static boolean isGoingOn(Login login) {
		return !login.isAnswered() && login.failure() == null;
	}

	Mono<Result> disconnect(Visit visit) {
		return provider(visit).flatMap((provider) -> WorkThreads.shared()
			.within(provider.logout(), PATIENCE)
			.<Result>map((revoked) -> new Shown(LoginOutcome.done("disconnected",
					revoked ? "disconnected.revoked" : "disconnected.forgotten", provider.key().server())))
			.onErrorResume((ex) -> failed("not-disconnected", provider.key().server(), ex)));
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
		return Flux.fromIterable(this.manager.servers())
			.concatMap((server) -> ofState(server, state, visit))
			.next()
			.switchIfEmpty(turned(404, PageMessage.of("callback.unknown")));
	}

	/**
	 * Look for the login among those of the user, which any process may have begun.
	 */
	private Mono<Result> ofState(McpServer server, String state, Visit visit) {
		return provider(server, visit)
			// Removed since the list was made
			.onErrorResume(UnknownServerException.class, (ex) -> Mono.empty())
			.flatMap(McpOAuthProvider::logins)
			.flatMap(
					(logins) -> Mono.justOrEmpty(logins.stream().filter((login) -> isAnswer(state, login)).findFirst()))
			.flatMap((login) -> answer(visit, login, server.name()));
	}

	/**
	 * In a time that does not reveal the state.
	 */
	private static boolean isAnswer(String state, Login login) {
		Login.Callback callback = login.callback();
		return callback != null && MessageDigest.isEqual(state.getBytes(StandardCharsets.UTF_8),
				callback.state().reveal().getBytes(StandardCharsets.UTF_8));
	}

	/**
	 * The answer must come from the browser and the user that started the login, and to
	 * the address that the authorization server was told: otherwise a user could be made
	 * to store another user's access as their own.
	 */
	private Mono<Result> answer(Visit visit, Login login, String server) {
		Login.Callback callback = login.callback();
		if (!visit.known() || !isOf(visit, login) || callback == null
				|| !visit.redirectUri().equals(callback.redirectUri())) {
			return turned(403, PageMessage.of("callback.foreign"));
		}
		if (login.isAnswered()) {
			return turned(409, PageMessage.of("callback.repeated").with("server", server));
		}
		LoginException abandoned = login.failure();
		if (abandoned != null) {
			String title = (abandoned.getReason() == LoginException.Reason.TIMED_OUT) ? "callback.late.title"
					: "callback.cancelled.title";
			return turned(410, new PageMessage(title, "callback.ended.text", false, Map.of("server", server)));
		}
		return WorkThreads.shared()
			.within(login.complete(visit.redirectUri() + "?" + query(visit.request())), PATIENCE)
			.<Result>map((status) -> new Shown(LoginOutcome.done("connected", "connected.text", server)))
			.onErrorResume(IllegalArgumentException.class, (ex) -> turned(400, PageMessage.of("callback.damaged")))
			.onErrorResume((ex) -> failed("not-connected", server, ex));
	}

	/**
	 * Whether a visitor started a login.
	 */
	boolean isOf(Visit visit, Login login) {
		return this.visitors.owner(visit.visitor()).equals(login.owner());
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

	private static Mono<Result> failed(String title, String server, Throwable failure) {
		if (failure instanceof UnknownServerException) {
			return Mono.error(failure);
		}
		if (failure instanceof McpOAuthException) {
			logger.info("The connections page could not do this: " + failure.getMessage());
		}
		else if (!(failure instanceof TimeoutException)) {
			return Mono.error(failure);
		}
		return Mono.just(new Shown(LoginOutcome.failed(title, server, failure)));
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

}
