// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.web;

import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.function.BiFunction;
import java.util.function.Function;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.web.LoginOutcome.Kind;
import io.github.mcpoauth.web.Route.Method;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.web.util.UriComponentsBuilder;

/**
 * The connections page: shows the servers and their state, and lets people connect,
 * reconnect and disconnect them in a browser. The authorization server sends the browser
 * back to the page, so that no loopback listener is needed.
 * <p>
 * Everything works without a script: a form is answered with a redirect to a page that
 * may be loaded again. It keeps nothing but the logins that are under way, in memory: the
 * browser has to come back to the process it started at.
 */
public final class ConnectionsPage {

	/**
	 * Path of the page. Everything else is below it.
	 */
	public static final String PATH = "/mcp/connections";

	/**
	 * How long a browser waits for an answer. What takes longer goes on without it.
	 */
	static final Duration PATIENCE = Duration.ofSeconds(60);

	static final String TOKEN = "_token";

	private static final Log logger = LogFactory.getLog(ConnectionsPage.class);

	private static final String LIST = "../connections";

	private final McpOAuthManager manager;

	private final ConnectionsSettings settings;

	private final Clock clock;

	private final Access access;

	private final Assets assets = new Assets();

	private final Template template = new Template(this.assets);

	private final VisitorResolver visitors = new VisitorResolver();

	private final PendingLoginRegistry flows = new PendingLoginRegistry();

	private final LoginOutcomeRegistry outcomes = new LoginOutcomeRegistry();

	/**
	 * Create the page.
	 * @param manager knows the servers
	 * @param settings how the page is reached
	 * @param clock the clock
	 */
	public ConnectionsPage(McpOAuthManager manager, ConnectionsSettings settings, Clock clock) {
		this.manager = manager;
		this.settings = settings;
		this.clock = clock;
		this.access = new Access(settings.allowUnprotected());
	}

	/**
	 * What there is to serve.
	 * @return the routes
	 */
	public List<Route> routes() {
		List<Route> routes = new ArrayList<>(List.of(get("", true, "", this::list),
				get("/list", true, LIST, this::part), get("/login", true, LIST, this::login),
				get("/callback", false, LIST, this::callback), post("/connect", this::connect),
				post("/cancel", this::cancel), post("/disconnect", this::disconnect)));
		this.assets.answers()
			.forEach((name, answer) -> routes.add(
					new Route(Method.GET, PATH + "/" + name, false, (request) -> Mono.just(answer.withoutReferrer()))));
		return routes;
	}

	private Route get(String path, boolean forms, String back, Function<PageRequest, Mono<PageAnswer>> handler) {
		return new Route(Method.GET, PATH + path, forms, (request) -> admitted(request, back, handler));
	}

	private Route post(String path, BiFunction<PageRequest, Visitor, Mono<PageAnswer>> handler) {
		return new Route(Method.POST, PATH + path, false,
				(request) -> admitted(request, LIST, (admitted) -> trusted(admitted, handler)));
	}

	private Mono<PageAnswer> admitted(PageRequest request, String back,
			Function<PageRequest, Mono<PageAnswer>> handler) {
		return Mono.defer(() -> {
			String objection = this.access.objection(request);
			return (objection != null) ? Mono.just(notForEverybody(objection, back)) : handler.apply(request);
		}).onErrorResume((ex) -> {
			if (ex instanceof UnknownServerException) {
				return Mono.just(message(404, "No such server", String.valueOf(ex.getMessage()), back));
			}
			logger.warn("A request for the connections page failed", ex);
			return Mono.just(message(500, "This did not work", "The log of the application says why.", back));
		});
	}

	private PageAnswer notForEverybody(String objection, String back) {
		return message(403, "Not for everybody", """
				This page was not shown because %s. Let people log in to the application with Spring Security; or, if \
				something else keeps strangers away from it, set mcp.oauth.web.allow-unprotected to true."""
			.formatted(objection), back);
	}

	/**
	 * A form must be one that this browser got from here.
	 */
	private Mono<PageAnswer> trusted(PageRequest request, BiFunction<PageRequest, Visitor, Mono<PageAnswer>> handler) {
		URI base = base(request);
		String origin = request.headers().getOrigin();
		if (origin != null && !"null".equals(origin) && !origin.equalsIgnoreCase(origin(base))) {
			return Mono.just(message(403, "Another address",
					"""
							This form came from a page of another address than %s. Open the connections there. If it is not the \
							address that browsers know, set mcp.oauth.web.external-url."""
						.formatted(base + PATH),
					base + PATH));
		}
		Visitor visitor = this.visitors.known(request, base);
		if (visitor == null || !this.visitors.gave(visitor, request.parameter(TOKEN))) {
			return Mono.just(message(403, "Please try again", """
					This page had become too old, or your browser keeps no cookies. Nothing was changed.""", LIST));
		}
		return handler.apply(request, visitor);
	}

	// Looking

	private Mono<PageAnswer> list(PageRequest request) {
		URI base = base(request);
		return connections(request,
				(visitor, connections) -> this.template.connections(connections,
						this.outcomes.find(request.parameter("outcome"), visitor), redirectUri(base), request.user(),
						fields(request, visitor), this.clock.instant()));
	}

	private Mono<PageAnswer> part(PageRequest request) {
		return connections(request, (visitor, connections) -> this.template.servers(connections,
				fields(request, visitor), this.clock.instant()));
	}

	private Mono<PageAnswer> connections(PageRequest request, BiFunction<Visitor, List<ServerConnection>, Html> page) {
		URI base = base(request);
		Visitor known = this.visitors.known(request, base);
		Visitor visitor = (known != null) ? known : this.visitors.create(request);
		return Flux.fromIterable(this.manager.servers())
			.concatMap((server) -> connection(key(server, visitor), visitor).onErrorResume(UnknownServerException.class,
					(ex) -> Mono.empty()))
			.collectList()
			.map((connections) -> PageAnswer.page(200, page.apply(visitor, connections)))
			.map((answer) -> (known != null) ? answer : answer.with("Set-Cookie", this.visitors.cookie(visitor, base)));
	}

	private Mono<ServerConnection> connection(GrantKey key, Visitor visitor) {
		return Mono.defer(() -> this.manager.provider(key).status()).map((status) -> {
			Login login = this.manager.provider(key).currentLogin();
			PendingLogin flow = (login != null) ? this.flows.ofLogin(login.id()) : null;
			return new ServerConnection(status, login, flow != null && flow.belongsTo(visitor));
		});
	}

	private Mono<PageAnswer> login(PageRequest request) {
		Visitor visitor = this.visitors.known(request, base(request));
		PendingLogin flow = this.flows.ofLogin(request.parameter("flow"));
		URI url = (flow != null && flow.login().userCode() == null) ? flow.login().authorizationUrl() : null;
		if (visitor == null || flow == null || url == null || !flow.belongsTo(visitor) || flow.isAnswered()
				|| flow.isEnded()) {
			return Mono.just(PageAnswer.seeOther(LIST));
		}
		return Mono.just(PageAnswer.page(200, this.template.login(flow, url, fields(request, visitor))));
	}

	// Changing

	private Mono<PageAnswer> connect(PageRequest request, Visitor visitor) {
		GrantKey key = key(request, visitor);
		URI redirectUri = redirectUri(base(request));
		Login current = this.manager.provider(key).currentLogin();
		if (current != null && current.id().equals(request.parameter("instead"))) {
			current.cancel();
		}
		LoginRequest how = (request.parameter("code") != null) ? LoginRequest.withDeviceCode()
				: new LoginRequest(false, redirectUri);
		return this.manager.provider(key).login(how).map((login) -> {
			PendingLogin flow = this.flows.bind(key, login, redirectUri, visitor);
			if (flow == null) {
				return outcome(visitor, new LoginOutcome(Kind.NOTE, "A login is in progress elsewhere", """
						Another browser or a command has started to log in to '%s'. Wait for it, or start over \
						here.""".formatted(key.server())));
			}
			return PageAnswer.seeOther((login.userCode() != null) ? LIST : "login?flow=" + login.id());
		}).timeout(PATIENCE).onErrorResume((ex) -> failed(visitor, "Not connected", ex));
	}

	private Mono<PageAnswer> cancel(PageRequest request, Visitor visitor) {
		return Mono.fromSupplier(() -> {
			GrantKey key = key(request, visitor);
			Login login = this.manager.provider(key).currentLogin();
			if (login == null || !login.id().equals(request.parameter("flow"))) {
				return outcome(visitor, new LoginOutcome(Kind.NOTE, "There was nothing to cancel",
						"The login to '%s' had ended already.".formatted(key.server())));
			}
			login.cancel();
			return outcome(visitor, new LoginOutcome(Kind.NOTE, "Cancelled",
					"The login to '%s' was cancelled, and nothing was changed.".formatted(key.server())));
		});
	}

	private Mono<PageAnswer> disconnect(PageRequest request, Visitor visitor) {
		GrantKey key = key(request, visitor);
		return this.manager.provider(key)
			.logout()
			.map((revoked) -> outcome(visitor,
					new LoginOutcome(Kind.DONE, "Disconnected",
							(revoked ? """
									The tokens for '%s' were revoked and forgotten."""
									: """
											The tokens for '%s' were forgotten. The authorization server did not confirm that they are revoked; \
											if that matters, end the access there too.""")
								.formatted(key.server()))))
			.timeout(PATIENCE)
			.onErrorResume((ex) -> failed(visitor, "Not disconnected", ex));
	}

	// Coming back

	private Mono<PageAnswer> callback(PageRequest request) {
		String state = request.parameter("state");
		if (state == null || (request.parameter("code") == null && request.parameter("error") == null)) {
			return refused(400, "Not an answer", "This is where an authorization server sends browsers after a login.");
		}
		PendingLogin flow = this.flows.ofState(state);
		if (flow == null) {
			return refused(404, "Nobody waits for this", """
					No login was started with this answer in mind, or it was too long ago, or the application has been \
					restarted since. Nothing was changed. Connect again.""");
		}
		Visitor visitor = this.visitors.known(request, base(request));
		if (visitor == null || !flow.belongsTo(visitor)) {
			return refused(403, "Not from this browser", """
					This login was started in another browser, or by somebody else, and has to end there. It still \
					waits, and nothing was changed.""");
		}
		LoginException.Reason abandoned = flow.abandoned();
		if (abandoned != null) {
			return refused(410, (abandoned == LoginException.Reason.TIMED_OUT) ? "Too late" : "No longer wanted", """
					This login to '%s' has ended before you came back. Nothing was changed. Connect again."""
				.formatted(flow.key().server()));
		}
		if (!flow.answer()) {
			return refused(409, "Answered already", """
					This login to '%s' has had its answer, which is used only once.""".formatted(flow.key().server()));
		}
		return complete(request, flow, visitor);
	}

	private Mono<PageAnswer> complete(PageRequest request, PendingLogin flow, Visitor visitor) {
		return flow.login()
			.complete("?" + request.query())
			.map((status) -> outcome(visitor,
					new LoginOutcome(Kind.DONE, "Connected",
							"The application can use '%s' for you now.".formatted(flow.key().server()))))
			.onErrorResume(IllegalArgumentException.class, (ex) -> {
				flow.notAnswered();
				return refused(400, "Not a proper answer",
						"What the authorization server sent is damaged. The login still waits, and nothing was changed.");
			})
			.timeout(PATIENCE)
			.onErrorResume((ex) -> failed(visitor, "Not connected", ex))
			.map(PageAnswer::withoutReferrer);
	}

	/**
	 * Like every answer that is not a redirect, this one is shown at an address that may
	 * hold a code.
	 */
	private Mono<PageAnswer> refused(int status, String title, String text) {
		return Mono.just(message(status, title, text, LIST));
	}

	// Answers

	private Mono<PageAnswer> failed(Visitor visitor, String title, Throwable failure) {
		if (failure instanceof UnknownServerException) {
			return Mono.error(failure);
		}
		if (failure instanceof TimeoutException) {
			return Mono.just(outcome(visitor, new LoginOutcome(Kind.NOTE, "This takes longer",
					"An answer is still awaited. The list below will show it.")));
		}
		if (failure instanceof LoginException login && login.getReason() == LoginException.Reason.DENIED) {
			return Mono.just(outcome(visitor, new LoginOutcome(Kind.NOTE, title, sentence(failure))));
		}
		return (failure instanceof McpOAuthException)
				? Mono.just(outcome(visitor, new LoginOutcome(Kind.FAILED, title, sentence(failure))))
				: Mono.error(failure);
	}

	private static String sentence(Throwable failure) {
		String message = String.valueOf(failure.getMessage());
		return message.endsWith(".") ? message : message + ".";
	}

	private PageAnswer outcome(Visitor visitor, LoginOutcome outcome) {
		return PageAnswer.seeOther(LIST + "?outcome=" + this.outcomes.keep(visitor, outcome));
	}

	private PageAnswer message(int status, String title, String text, String back) {
		String target = back.isEmpty() ? "connections" : back;
		return PageAnswer.page(status, this.template.message(title, text, target)).withoutReferrer();
	}

	private Html fields(PageRequest request, Visitor visitor) {
		FormField field = request.applicationField();
		String input = "<input type=\"hidden\" name=\"{}\" value=\"{}\">";
		return Html.of("{}{}", Html.of(input, TOKEN, this.visitors.token(visitor)),
				(field != null) ? Html.of(input, field.name(), field.value()) : Html.nothing());
	}

	private GrantKey key(PageRequest request, Visitor visitor) {
		String name = String.valueOf(request.parameter("server"));
		Collection<McpServer> servers = this.manager.servers();
		return servers.stream()
			.filter((server) -> server.name().equals(name))
			.map((server) -> key(server, visitor))
			.findFirst()
			.orElseThrow(() -> new UnknownServerException(name, servers.stream().map(McpServer::name).toList()));
	}

	/**
	 * Where the application acts for several people, everybody sees and changes their own
	 * connections.
	 */
	private GrantKey key(McpServer server, Visitor visitor) {
		return (visitor.user() != null && this.manager.hasPrincipals()) ? server.key(visitor.user()) : server.key();
	}

	// Addresses

	private URI base(PageRequest request) {
		URI external = this.settings.externalUrl();
		return (external != null) ? external : request.base();
	}

	private static URI redirectUri(URI base) {
		return URI.create(base + PATH + "/callback");
	}

	private static String origin(URI base) {
		return UriComponentsBuilder.fromUri(base).replacePath(null).build().toUriString();
	}

}
