// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.session;

import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.principal.CallerContext;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.internal.work.BoundedMap;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.HeldSession.ServerSession;
import io.github.mcpoauth.webclient.RequestAttributes;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

import org.springframework.core.ParameterizedTypeReference;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Keeps the session of an MCP client alive when the server forgets it. The client goes on
 * using the session id it was given first; this filter opens the sessions that follow and
 * sends their ids instead.
 * <p>
 * A session is lost when the server answers 404, or 400 without an error of the protocol
 * that is about the request, or rejects a token that was just renewed. A request gets one
 * new session and is sent once more, since the server has not acted on it; all requests
 * that lose the same session share the new one. Neither a 400 nor a 404 of a session, nor
 * a failed attempt to open one, becomes a response, because the transports of the MCP
 * library would give up the session and all calls on it.
 * <p>
 * Acts only below the addresses of configured servers, not on requests of the protocol of
 * 2026-07-28, and must come before the filter that adds tokens to requests.
 */
public final class McpSessionFilter implements ExchangeFilterFunction {

	static final String SESSION_ID = "Mcp-Session-Id";

	private static final String PROTOCOL_VERSION = "MCP-Protocol-Version";

	/**
	 * Header of all requests of the protocol of 2026-07-28, which has no sessions.
	 */
	private static final String METHOD = "Mcp-Method";

	static final String LAST_EVENT_ID = "Last-Event-ID";

	/**
	 * The largest message in bytes. The default limit of WebClient, 256 KiB, is less than
	 * many tools answer.
	 */
	static final int LARGEST_MESSAGE = 16 * 1024 * 1024;

	private static final String HELD = McpSessionFilter.class.getName();

	/**
	 * Attribute of a request with the {@link System#nanoTime()} at which its caller gives
	 * up.
	 */
	static final String DEADLINE = McpSessionFilter.class.getName() + ".deadline";

	/**
	 * Header of the 404 that this filter answers itself. A transport may take it for the
	 * server's and open another session.
	 */
	private static final String UNKNOWN_SESSION = "X-MCP-OAuth-Unknown-Session";

	private static final int MOST_SESSIONS = 1024;

	private static final Set<Integer> REFUSES_POST = Set.of(400, 404, 405);

	private static final Duration FIRST_EVENT = Duration.ofSeconds(5);

	private static final ParameterizedTypeReference<ServerSentEvent<String>> EVENTS = new ParameterizedTypeReference<>() {
	};

	/**
	 * How long the rest of a body is waited for before its connection is closed.
	 */
	private static final Duration RELEASE = Duration.ofSeconds(2);

	private static final Logger logger = LoggerFactory.getLogger(McpSessionFilter.class);

	private final Supplier<McpOAuthManager> manager;

	private final Duration patience;

	private final @Nullable Duration timeout;

	private final WorkThreads threads;

	/**
	 * Whether a request came for a principal. From then on a session that is not known
	 * may be that of another principal.
	 */
	private volatile boolean principals;

	private final Map<SessionName, HeldSession> sessions = BoundedMap.dropLeastRecentlyUsed(MOST_SESSIONS);

	/**
	 * Create a filter.
	 * @param manager supplies the manager, called with the first request
	 * @param patience how long after it arrived a request may still be sent again; must
	 * be less than the time its caller waits
	 * @param threads run the deadlines
	 */
	public McpSessionFilter(Supplier<McpOAuthManager> manager, Duration patience, WorkThreads threads) {
		this(manager, patience, null, threads);
	}

	private McpSessionFilter(Supplier<McpOAuthManager> manager, Duration patience, @Nullable Duration timeout,
			WorkThreads threads) {
		this.manager = manager;
		this.patience = patience;
		this.timeout = timeout;
		this.threads = threads;
	}

	/**
	 * Create a filter for a client that is not used for MCP alone. It acts on requests
	 * with a protocol version only, which MCP clients send.
	 * @param manager supplies the manager, called with the first request
	 * @param timeout how long the callers of an MCP client wait. A call that has taken
	 * nearly as long is not sent any more, where {@link #deadline()} is the last filter
	 * @param threads run the deadlines
	 * @return the filter
	 */
	public static McpSessionFilter forClients(Supplier<McpOAuthManager> manager, Duration timeout,
			WorkThreads threads) {
		return new McpSessionFilter(manager, timeout.multipliedBy(3).dividedBy(4),
				timeout.multipliedBy(9).dividedBy(10), threads);
	}

	/**
	 * The first filter of a session that belongs to one grant as a whole, including
	 * requests that are sent without the caller's context.
	 * @param owner the grant
	 * @return the filter
	 */
	static ExchangeFilterFunction ownedBy(GrantKey owner) {
		return (request, next) -> next
			.exchange(ClientRequest.from(request).attribute(RequestAttributes.GRANT, owner).build());
	}

	/**
	 * Prepare a client for requests of one grant that belong to no session.
	 * @param builder the builder of the client
	 * @param manager its filter adds the tokens
	 * @param server the server
	 * @param owner the grant
	 * @param threads run the deadlines
	 */
	static void withoutSession(WebClient.Builder builder, McpOAuthManager manager, McpServer server, GrantKey owner,
			WorkThreads threads) {
		builder.codecs((codecs) -> codecs.defaultCodecs().maxInMemorySize(LARGEST_MESSAGE)).filters((filters) -> {
			filters.add(0, ownedBy(owner));
			filters.add(1, new StraySession(threads));
			filters.add(manager.filter(server.name()));
			filters.add(deadline());
		});
	}

	/**
	 * The last filter before the wire, which stops requests after their caller has gone.
	 * @return the filter
	 */
	public static ExchangeFilterFunction deadline() {
		return CallDeadline.INSTANCE;
	}

	@Override
	public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction next) {
		if (request.attribute(HELD).isPresent() || request.headers().containsHeader(METHOD)
				|| (this.timeout != null && !request.headers().containsHeader(PROTOCOL_VERSION))) {
			return next.exchange(request);
		}
		return this.manager.get()
			.providerFor(request)
			.singleOptional()
			.flatMap((provider) -> provider.isPresent()
					? filter(provider.get().server(), provider.get().key(), request, next) : next.exchange(request))
			.contextWrite(CallerContext::addTo);
	}

	private Mono<ClientResponse> filter(McpServer server, GrantKey key, ClientRequest request, ExchangeFunction next) {
		ClientRequest held = ClientRequest.from(request)
			.attribute(HELD, true)
			.attribute(RequestAttributes.GRANT, key)
			.build();
		if (key.principal() != null) {
			this.principals = true;
		}
		String id = request.headers().getFirst(SESSION_ID);
		if (id == null) {
			return HttpMethod.POST.equals(request.method()) ? open(key, held, next) : sendUnheld(held, next);
		}
		SessionName name = new SessionName(server.name(), id);
		HeldSession session = this.sessions.get(name);
		if (session == null) {
			return this.principals ? unknown(held) : sendUnheld(held, next);
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
				? new EventStream(session, held, next, this.threads).listen().map((response) -> named(held, response))
				: post(session, held, next);
	}

	/**
	 * Refuse a session that this filter does not know, or no longer. Its owner is not
	 * known either, so another principal may be using it.
	 */
	private static Mono<ClientResponse> unknown(ClientRequest request) {
		logger.debug("The owner of an MCP session at {} is not known, so its client has to open another one",
				UntrustedText.withoutSecrets(request.url().toString()));
		return Mono.just(ClientResponse.create(HttpStatus.NOT_FOUND).header(UNKNOWN_SESSION, "true").build());
	}

	/**
	 * Whether a response is this filter's own refusal of a session.
	 * @param response the response
	 * @return {@code true} if so
	 */
	static boolean isUnknownSession(ClientResponse response) {
		return response.headers().asHttpHeaders().containsHeader(UNKNOWN_SESSION);
	}

	/**
	 * Send a request outside of any known session. Its event stream and its end are
	 * optional there as well.
	 */
	private Mono<ClientResponse> sendUnheld(ClientRequest request, ExchangeFunction next) {
		if (HttpMethod.DELETE.equals(request.method())) {
			return ended(next.exchange(optional(request)), request);
		}
		if (!HttpMethod.GET.equals(request.method())) {
			return next.exchange(request);
		}
		return next.exchange(optional(request))
			.flatMap((response) -> EventStream.isStream(response) ? Mono.just(response)
					: release(response, this.threads).then(Mono.fromSupplier(McpSessionFilter::noStream)))
			.onErrorResume(McpOAuthException.class, (ex) -> {
				logger.debug("No event stream from {}", UntrustedText.withoutSecrets(request.url().toString()), ex);
				return Mono.fromSupplier(McpSessionFilter::noStream);
			});
	}

	private static ClientResponse noStream() {
		return ClientResponse.create(HttpStatus.METHOD_NOT_ALLOWED).build();
	}

	private static ClientRequest optional(ClientRequest request) {
		return ClientRequest.from(request).attribute(RequestAttributes.OPTIONAL, true).build();
	}

	private Mono<ClientResponse> post(HeldSession session, ClientRequest request, ExchangeFunction next) {
		Mono<Boolean> authorized = Mono.defer(() -> this.manager.get().provider(session.owner()).token().hasElement());
		HeldExchange exchange = new HeldExchange(session, withDeadline(request), next, authorized, this.patience,
				this.threads);
		return Mono.deferContextual((context) -> {
			SessionCall call = SessionCall.of(context);
			Mono<ClientResponse> answer = exchange.send().map((response) -> named(request, response));
			return (call != null) ? answer.map(new ResumedAnswer(session, call, request, next, this.threads)::complete)
				.map(call::observe) : answer;
		});
	}

	/**
	 * Servers may repeat the id of the session in their answers. The client knows the
	 * session by another id.
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
				return refused(key, request, response, next);
			}
			String id = response.headers().asHttpHeaders().getFirst(SESSION_ID);
			return (id != null) ? Mono.deferContextual((context) -> {
				HeldSession session = new HeldSession(key, request, id, this.patience, this.threads);
				this.sessions.put(new SessionName(key.server(), id), session);
				LegacyChanges.opened(context, session);
				return Mono.just(response);
			}) : Mono.just(response);
		});
	}

	/**
	 * A server that speaks only the transport of 2024-11-05 refuses the first POST. Its
	 * event stream, which begins with an event of the name {@code endpoint}, tells.
	 */
	private Mono<ClientResponse> refused(GrantKey key, ClientRequest request, ClientResponse response,
			ExchangeFunction next) {
		Mono<ClientResponse> error = response.createError();
		if (!REFUSES_POST.contains(response.statusCode().value())) {
			return error;
		}
		ClientRequest listen = ClientRequest.create(HttpMethod.GET, request.url())
			.header(HttpHeaders.ACCEPT, MediaType.TEXT_EVENT_STREAM_VALUE)
			.attributes((attributes) -> attributes.putAll(request.attributes()))
			.build();
		return error.onErrorResume((refusal) -> this.threads
			.within(next.exchange(optional(listen))
				.flatMap((stream) -> EventStream.isStream(stream) ? stream.bodyToFlux(EVENTS).next()
						: release(stream, this.threads).then(Mono.<ServerSentEvent<String>>empty())),
					FIRST_EVENT)
			.onErrorComplete()
			.flatMap((event) -> Mono.<ClientResponse>error(
					"endpoint".equals(event.event()) ? new RetiredTransportException(key.server(), refusal) : refusal))
			.switchIfEmpty(Mono.error(refusal)));
	}

	private Mono<ClientResponse> end(HeldSession session, ClientRequest request, ExchangeFunction next) {
		return ended(next.exchange(optional(on(session.end(), request))), request);
	}

	/**
	 * A server may refuse to end a session, or not know it any more. Then it ends the
	 * session when it likes, and the client has nothing to do.
	 */
	private Mono<ClientResponse> ended(Mono<ClientResponse> answer, ClientRequest request) {
		return answer.flatMap((response) -> response.statusCode().isError()
				? release(response, this.threads).thenReturn(ClientResponse.create(HttpStatus.NO_CONTENT).build())
				: Mono.just(response))
			.onErrorResume(McpOAuthException.class, (ex) -> {
				logger.debug("The session at {} is left to time out",
						UntrustedText.withoutSecrets(request.url().toString()), ex);
				return Mono.just(ClientResponse.create(HttpStatus.NO_CONTENT).build());
			});
	}

	static ClientRequest on(ServerSession session, ClientRequest request) {
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

	/**
	 * Discard the body of a response, so that its connection can be used again. A body
	 * that does not end closes its connection.
	 * @param response the response
	 * @param threads run the deadline
	 * @return a mono that completes after that, and does not fail
	 */
	static Mono<Void> release(ClientResponse response, WorkThreads threads) {
		return threads.within(response.releaseBody(), RELEASE).onErrorComplete();
	}

	private record SessionName(String server, String id) {
	}

}
