// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.net.URI;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;

import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.store.LoginRecords;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.context.MessageSource;
import org.springframework.http.HttpMethod;
import org.springframework.web.util.UriComponentsBuilder;

/**
 * The connections page: shows the servers and their state, and lets users connect,
 * reconnect and disconnect them in a browser. The authorization server sends the browser
 * back to the page, so that no loopback listener is needed.
 * <p>
 * Everything works without a script: a form is answered with a redirect to a page that
 * may be loaded again. The page keeps nothing in memory: logins that are under way are
 * known to the manager, and the rest is in the forms, addresses and cookies.
 */
public final class ConnectionsPage {

	/**
	 * Path of the page. All its other addresses are below it.
	 */
	public static final String PATH = "/mcp/connections";

	private static final Log logger = LogFactory.getLog(ConnectionsPage.class);

	private final McpOAuthManager manager;

	private final Clock clock;

	private final Guard guard;

	private final Assets assets = new Assets();

	private final PageViews views;

	private final LoginActions logins;

	private final QuestionActions questions;

	private final BrowserKeys keys;

	private final OutcomeLinks outcomes;

	private final AtomicBoolean announced = new AtomicBoolean();

	/**
	 * Create the page.
	 * @param manager knows the servers
	 * @param settings how the page is reached
	 * @param messages the application's own texts, {@code null} if absent
	 * @param clock the clock
	 * @param records keep the key that all processes check forms with, {@code null} if a
	 * browser must stay at this process
	 * @param questions the addresses that servers want users to open
	 */
	public ConnectionsPage(McpOAuthManager manager, ConnectionsSettings settings, @Nullable MessageSource messages,
			Clock clock, @Nullable LoginRecords records, QuestionRegistry questions) {
		this.manager = manager;
		this.clock = clock;
		this.keys = new BrowserKeys(records, WorkThreads.shared());
		this.outcomes = new OutcomeLinks(this.keys, clock);
		// Each start has another code, and so other proofs that it was entered
		AccessCode code = new AccessCode(new BrowserKeys());
		this.guard = new Guard(new Access(settings.externalUrl(), settings.allowUnprotected(), code), code,
				new VisitorResolver(this.keys));
		PageTemplates templates = new PageTemplates(this.assets, messages);
		this.views = new PageViews(templates, this.guard.visitors(), settings.links());
		this.logins = new LoginActions(manager, new PageUser(manager, settings.contextKey()), this.guard.visitors());
		this.questions = new QuestionActions(questions, this.logins);
	}

	/**
	 * Write the code that a browser without a login has to enter to the log. It is made
	 * anew at each start.
	 * @param address address of the application on this machine
	 */
	public void announceCode(String address) {
		// Once: otherwise each request without a login would write a line
		if (this.announced.compareAndSet(false, true)) {
			logger.info("The connections page asks for the code %2$s, as no user logs in to it: %1$s%3$s#%2$s"
				.formatted(address, this.guard.code().value(), PATH));
		}
	}

	/**
	 * For tests, which read no log.
	 */
	String accessCode() {
		return this.guard.code().value();
	}

	List<Route> routes() {
		List<Route> routes = new ArrayList<>(
				List.of(get("", true, this::list), get("/list", true, this::part), get("/login", true, this::login),
						get("/question", false, this::question), post("/answer", this.questions::answer),
						get("/callback", false, this::callback), post("/connect", this.logins::connect),
						post("/cancel", this.logins::cancel), post("/disconnect", this.logins::disconnect),
						new Route(HttpMethod.POST, PATH + "/enter", true, this::enter)));
		this.assets.answers()
			.forEach((name, answer) -> routes
				.add(new Route(HttpMethod.GET, PATH + "/" + name, false, (request) -> Mono.just(answer))));
		return routes;
	}

	private Route get(String path, boolean forms, Function<Visit, Mono<PageAnswer>> handler) {
		boolean list = path.isEmpty();
		return new Route(HttpMethod.GET, PATH + path, forms,
				(request) -> answered(request, list, () -> admitted(request, list, handler)));
	}

	private Route post(String path, Function<Visit, Mono<LoginActions.Result>> handler) {
		return new Route(HttpMethod.POST, PATH + path, false, (request) -> answered(request, false,
				() -> admitted(request, false, (visit) -> trusted(visit, handler))));
	}

	private Mono<PageAnswer> answered(PageRequest request, boolean list, Supplier<Mono<PageAnswer>> handler) {
		return this.keys.refresh().then(Mono.defer(handler)).onErrorResume((ex) -> {
			McpOAuthException.Kind kind = (ex instanceof McpOAuthException ours) ? ours.getKind()
					: McpOAuthException.Kind.FAILED;
			if (ex instanceof McpOAuthException unknown && kind == McpOAuthException.Kind.UNKNOWN) {
				return message(request, kind.status().value(),
						PageMessage.of("unknown").with("name", unknown.getServer()).atList(list));
			}
			if (kind == McpOAuthException.Kind.PRINCIPAL_REQUIRED) {
				logger.debug("The principal resolver named no principal for the connections page", ex);
				// A user is logged in to the application, and the resolver does not
				// accept it
				return message(request, 403, new PageMessage("refused.user.title", "refused.user", list, Map.of()));
			}
			logger.warn("A request for the connections page failed", ex);
			return message(request, 500, PageMessage.of("error").atList(list));
		});
	}

	private Mono<PageAnswer> message(PageRequest request, int status, PageMessage message) {
		return Mono.just(this.views.message(request, status, message));
	}

	private Mono<PageAnswer> admitted(PageRequest request, boolean list, Function<Visit, Mono<PageAnswer>> handler) {
		Admission admission = this.guard.access().admit(request);
		if (admission instanceof Admission.Refused refused) {
			return message(request, 403, new PageMessage("refused.title", refused.text(), list, Map.of()));
		}
		if (admission instanceof Admission.CodeRequired required) {
			announceCode(required.base().toString());
			Visit visit = visit(request, required.base());
			return Mono.just(this.views.enter(visit, list ? "connections/enter" : "enter", false));
		}
		return handler.apply(visit(request, ((Admission.Admitted) admission).base()));
	}

	private Visit visit(PageRequest request, URI base) {
		Visitor known = this.guard.visitors().known(request, base);
		return new Visit(request, base, (known != null) ? known : VisitorResolver.create(request), known != null,
				this.views.texts().language(request.headers()));
	}

	/**
	 * A form must be one that this browser got from here.
	 */
	private Mono<PageAnswer> trusted(Visit visit, Function<Visit, Mono<LoginActions.Result>> handler) {
		PageMessage objection = objection(visit);
		return (objection != null) ? message(visit.request(), 403, objection)
				: handler.apply(visit).map((result) -> answer(visit, result));
	}

	private @Nullable PageMessage objection(Visit visit) {
		String origin = visit.request().headers().getOrigin();
		if (origin != null && !"null".equals(origin) && !origin.equalsIgnoreCase(origin(visit.base()))) {
			return PageMessage.of("origin").with("address", visit.base() + PATH);
		}
		boolean given = visit.known()
				&& this.guard.visitors().gave(visit.visitor(), visit.request().parameter(PageViews.TOKEN));
		return given ? null : PageMessage.of("form");
	}

	private PageAnswer answer(Visit visit, LoginActions.Result result) {
		if (result instanceof LoginActions.Shown shown) {
			return PageAnswer
				.seeOther(PageViews.LIST + "?outcome=" + this.outcomes.write(visit.visitor(), shown.outcome()));
		}
		if (result instanceof LoginActions.Onward onward) {
			return PageAnswer.seeOther(onward.location());
		}
		LoginActions.Turned turned = (LoginActions.Turned) result;
		return this.views.message(visit.request(), turned.status(), turned.message());
	}

	private Mono<PageAnswer> enter(PageRequest request) {
		return answered(request, false, () -> {
			Admission admission = this.guard.access().admit(request);
			if (!(admission instanceof Admission.CodeRequired required)) {
				return admitted(request, false, (visit) -> Mono.just(PageAnswer.seeOther(PageViews.LIST)));
			}
			Visit visit = visit(request, required.base());
			if (!this.guard.code().matches(request.parameter("access_code"))) {
				return Mono.just(this.views.enter(visit, "enter", true));
			}
			PageMessage objection = objection(visit);
			return (objection != null) ? message(request, 403, objection)
					: Mono.just(PageAnswer.seeOther(PageViews.LIST)
						.withCookie(this.guard.code().cookie(visit.visitor(), visit.base())));
		});
	}

	// Looking

	private Mono<PageAnswer> list(Visit visit) {
		LoginOutcome outcome = this.outcomes.read(visit.request().parameter("outcome"), visit.visitor());
		return cards(visit).map((cards) -> this.views.connections(visit, cards, outcome));
	}

	private Mono<PageAnswer> part(Visit visit) {
		return cards(visit).map((cards) -> this.views.servers(visit, cards));
	}

	private Mono<List<ServerCard>> cards(Visit visit) {
		ServerCardFactory cards = new ServerCardFactory(this.views.texts(), visit.language(), this.clock.instant());
		return Flux.fromIterable(this.manager.servers())
			.concatMap((server) -> card(server, visit, cards))
			.collectList();
	}

	private Mono<ServerCard> card(McpServer server, Visit visit, ServerCardFactory cards) {
		return this.logins.provider(server, visit)
			.flatMap((provider) -> connection(provider, visit).map(cards::card)
				.onErrorResume((ex) -> !(ex instanceof UnknownServerException), (ex) -> {
					logger.warn("The state of MCP server '%s' cannot be shown".formatted(server.name()), ex);
					return Mono.just(cards.broken(server));
				}))
			// Removed since the list was made
			.onErrorResume(UnknownServerException.class, (ex) -> Mono.empty());
	}

	private Mono<ServerConnection> connection(McpOAuthProvider provider, Visit visit) {
		return Mono
			.zip(provider.status(), readable(provider.logins(), provider),
					readable(this.questions.questions().waiting(provider.key()), provider))
			.map((all) -> new ServerConnection(all.getT1(),
					all.getT2().stream().filter(LoginActions::isGoingOn).findFirst().orElse(null),
					all.getT2().stream().filter((login) -> this.logins.isOf(visit, login)).findFirst().orElse(null),
					provider.server().oauth().registration(), all.getT3()));
	}

	/**
	 * Where the store is away, the status says so.
	 */
	private static <T> Mono<List<T>> readable(Mono<List<T>> pending, McpOAuthProvider provider) {
		return pending.onErrorResume(TokenStoreException.class, (ex) -> {
			logger.debug("The logins or questions of MCP server '%s' cannot be shown".formatted(provider.key()), ex);
			return Mono.just(List.of());
		});
	}

	private Mono<PageAnswer> login(Visit visit) {
		return this.logins.provider(visit).flatMap(McpOAuthProvider::logins).flatMap((logins) -> {
			String flow = visit.request().parameter("flow");
			return Flux.fromIterable(logins)
				.filter((known) -> known.id().equals(flow) && known.userCode() == null && LoginActions.isGoingOn(known)
						&& this.logins.isOf(visit, known))
				.next()
				.flatMap((login) -> login.openableUrl().map((url) -> this.views.login(visit, login, url)))
				.defaultIfEmpty(PageAnswer.seeOther(PageViews.LIST));
		});
	}

	private Mono<PageAnswer> question(Visit visit) {
		return this.questions.find(visit)
			.map((question) -> this.views.asked(visit, question,
					QuestionNotice.of(question, this.clock.instant(), visit.language())))
			.defaultIfEmpty(PageAnswer.seeOther(PageViews.LIST));
	}

	private Mono<PageAnswer> callback(Visit visit) {
		return this.logins.callback(visit).map((result) -> answer(visit, result).withoutReferrer());
	}

	private static String origin(URI base) {
		return UriComponentsBuilder.fromUri(base).replacePath(null).build().toUriString();
	}

	/**
	 * The parts that decide about a request before anything else.
	 */
	private record Guard(Access access, AccessCode code, VisitorResolver visitors) {

	}

}
