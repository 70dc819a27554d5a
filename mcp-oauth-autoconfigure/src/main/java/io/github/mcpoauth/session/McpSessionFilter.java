// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.work.BoundedMap;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.HeldSession.Incarnation;
import io.github.mcpoauth.webclient.RequestAttributes;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;

/**
 * Keeps the session of an MCP client alive when the server forgets it. The client goes on
 * using the session id it was given first; this filter opens the sessions that follow and
 * puts their ids in its place.
 * <p>
 * A session is lost when the server answers 404, or 400 without an error that says
 * otherwise, or still refuses a token that was just renewed. A request gets one new
 * session and is sent once more, since the server has not acted on it; all requests that
 * lose the same session share the new one. Neither a 400 nor a 404 of a session, nor a
 * failed attempt to open one, comes out as a response, because the transports of the MCP
 * library would throw away the session and all calls on it.
 * <p>
 * Acts only below the addresses of configured servers, and must stand outside of the
 * filter that gives requests their tokens.
 */
public final class McpSessionFilter implements ExchangeFilterFunction {

	static final String SESSION_ID = "Mcp-Session-Id";

	private static final String PROTOCOL_VERSION = "MCP-Protocol-Version";

	static final String LAST_EVENT_ID = "Last-Event-ID";

	private static final String HELD = McpSessionFilter.class.getName();

	/**
	 * Attribute of a request with the {@link System#nanoTime()} at which its caller gives
	 * up.
	 */
	static final String DEADLINE = McpSessionFilter.class.getName() + ".deadline";

	private static final int MOST_SESSIONS = 1024;

	/**
	 * What a server answers to the end of a session that it does not know any more, or
	 * whose end is nothing to it.
	 */
	private static final Set<Integer> OVER = Set.of(400, 404, 405);

	private static final Logger logger = LoggerFactory.getLogger(McpSessionFilter.class);

	private final Supplier<McpOAuthManager> manager;

	private final Duration patience;

	private final @Nullable Duration timeout;

	private final Map<Name, HeldSession> sessions = BoundedMap.dropLeastRecentlyUsed(MOST_SESSIONS);

	/**
	 * Create a filter.
	 * @param manager gives the manager, asked for with the first request
	 * @param patience how long after it came in a request may still be sent again; must
	 * be less than the time its caller waits
	 */
	public McpSessionFilter(Supplier<McpOAuthManager> manager, Duration patience) {
		this(manager, patience, null);
	}

	private McpSessionFilter(Supplier<McpOAuthManager> manager, Duration patience, @Nullable Duration timeout) {
		this.manager = manager;
		this.patience = patience;
		this.timeout = timeout;
	}

	/**
	 * Create a filter for a client that others use too. It acts on the requests of MCP
	 * clients only, which say what version of the protocol they speak.
	 * @param manager gives the manager, asked for with the first request
	 * @param timeout how long the callers of an MCP client wait. A call that has taken
	 * nearly as long is not sent any more, where {@link #gate()} is the last filter
	 * @return the filter
	 */
	public static McpSessionFilter forClients(Supplier<McpOAuthManager> manager, Duration timeout) {
		return new McpSessionFilter(manager, timeout.multipliedBy(3).dividedBy(4),
				timeout.multipliedBy(9).dividedBy(10));
	}

	/**
	 * The first filter of a session that belongs to a principal as a whole, also what is
	 * sent in nobody's context.
	 * @param owner the principal's grant
	 * @return the filter
	 */
	static ExchangeFilterFunction ownedBy(GrantKey owner) {
		return (request, next) -> next
			.exchange(ClientRequest.from(request).attribute(RequestAttributes.GRANT, owner).build());
	}

	/**
	 * The last filter before the wire, which sends nothing that nobody waits for.
	 * @return the filter
	 */
	public static ExchangeFilterFunction gate() {
		return CallDeadline.INSTANCE;
	}

	@Override
	public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
		if (request.attribute(HELD).isPresent()
				|| (this.timeout != null && !request.headers().containsHeader(PROTOCOL_VERSION))) {
			return next.exchange(request);
		}
		return this.manager.get()
			.providerFor(request)
			.singleOptional()
			.flatMap((provider) -> provider.isPresent()
					? filter(provider.get().server(), provider.get().key(), request, next) : next.exchange(request));
	}

	private Mono<ClientResponse> filter(McpServer server, GrantKey key, ClientRequest request, ExchangeFunction next) {
		ClientRequest held = ClientRequest.from(request)
			.attribute(HELD, true)
			.attribute(RequestAttributes.GRANT, key)
			.build();
		String id = request.headers().getFirst(SESSION_ID);
		if (id == null) {
			return HttpMethod.POST.equals(request.method()) ? open(key, held, next) : next.exchange(held);
		}
		Name name = new Name(server.name(), id);
		HeldSession session = this.sessions.get(name);
		if (session == null) {
			return next.exchange(held);
		}
		if (!session.owner().equals(key)) {
			return Mono.error(new McpOAuthException(server.name(),
					"An MCP session with server '%s' was opened with the grant of one principal and used with that of another. Use one MCP client for each, or McpSessions, which has one for each"
						.formatted(server.name())));
		}
		if (HttpMethod.DELETE.equals(request.method())) {
			this.sessions.remove(name);
			return end(session, held, next);
		}
		return HttpMethod.GET.equals(request.method())
				? new EventStream(session, held, next).listen().map((response) -> named(held, response))
				: post(session, held, next);
	}

	private Mono<ClientResponse> post(HeldSession session, ClientRequest request, ExchangeFunction next) {
		Mono<Boolean> authorized = Mono.defer(() -> this.manager.get().provider(session.owner()).token().hasElement());
		HeldExchange exchange = new HeldExchange(session, withDeadline(request), next, authorized, this.patience);
		return Mono.deferContextual((context) -> {
			SessionCall ticket = SessionCall.of(context);
			Mono<ClientResponse> answer = exchange.send().map((response) -> named(request, response));
			return (ticket != null) ? answer.map(ticket::observe) : answer;
		});
	}

	/**
	 * Servers may repeat the id of the session in their answers. The client has another
	 * name for it.
	 */
	private static ClientResponse named(ClientRequest request, ClientResponse response) {
		String id = request.headers().getFirst(SESSION_ID);
		String answered = response.headers().asHttpHeaders().getFirst(SESSION_ID);
		if (id == null || answered == null || answered.equals(id)) {
			return response;
		}
		return response.mutate().headers((headers) -> headers.set(SESSION_ID, id)).build();
	}

	private ClientRequest withDeadline(ClientRequest request) {
		return (this.timeout != null)
				? ClientRequest.from(request).attribute(DEADLINE, System.nanoTime() + this.timeout.toNanos()).build()
				: request;
	}

	private Mono<ClientResponse> open(GrantKey key, ClientRequest request, ExchangeFunction next) {
		return next.exchange(request).flatMap((response) -> {
			if (!response.statusCode().is2xxSuccessful()) {
				return response.createError();
			}
			String id = response.headers().asHttpHeaders().getFirst(SESSION_ID);
			if (id != null) {
				this.sessions.put(new Name(key.server(), id), new HeldSession(key, request, id));
			}
			return Mono.just(response);
		});
	}

	private Mono<ClientResponse> end(HeldSession session, ClientRequest request, ExchangeFunction next) {
		return next.exchange(on(session.end(), request)).onErrorResume(McpOAuthException.class, (ex) -> {
			logger.debug("The session at {} is left to time out", request.url(), ex);
			return Mono.just(ClientResponse.create(HttpStatus.NO_CONTENT).build());
		})
			.flatMap((response) -> OVER.contains(response.statusCode().value())
					? response.releaseBody().thenReturn(ClientResponse.create(HttpStatus.NO_CONTENT).build())
					: Mono.just(response));
	}

	static ClientRequest on(Incarnation session, ClientRequest request) {
		return ClientRequest.from(request).headers((headers) -> {
			if (session.id() != null) {
				headers.set(SESSION_ID, session.id());
			}
			else {
				headers.remove(SESSION_ID);
			}
			if (session.protocolVersion() != null) {
				headers.set(PROTOCOL_VERSION, session.protocolVersion());
			}
		}).build();
	}

	private record Name(String server, String id) {
	}

}
