// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.regex.Pattern;

import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLPeerUnverifiedException;

import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.auth.PrivateKeyJWT;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.ProofOfPossession;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.internal.address.HttpAddress;
import io.github.mcpoauth.internal.address.Redirect;
import io.github.mcpoauth.internal.protocol.EndpointRequest.Endpoint;
import io.github.mcpoauth.internal.protocol.EndpointRequest.Sender;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.internal.work.BoundedMap;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Sends one request and reads the whole answer, bounded in time and size.
 */
final class Transport {

	/**
	 * The system call and the number that Netty's native transports put before the words.
	 */
	private static final Pattern NATIVE_CALL = Pattern.compile("^\\w+\\(\\.\\.\\) failed with error\\(-?\\d+\\): ");

	private static final int MOST_CLOCKS = 1000;

	private static final Duration SAME_TIME = Duration.ofSeconds(5);

	/**
	 * A clock that differs by more is set wrong, and not followed.
	 */
	private static final Duration LONGEST_SKEW = Duration.ofDays(1);

	private final AuthorizationWebClients clients;

	private final ProtocolSettings settings;

	private final UrlPolicy urlPolicy;

	private final Clock clock;

	/**
	 * How far the clocks of servers are ahead, by origin.
	 */
	private final Map<String, Duration> serverClocks = BoundedMap.dropLeastRecentlyUsed(MOST_CLOCKS);

	Transport(AuthorizationWebClients clients, ProtocolSettings settings, Clock clock) {
		this.clients = clients;
		this.settings = settings;
		this.urlPolicy = new UrlPolicy(settings);
		this.clock = clock;
	}

	/**
	 * Fetch a document.
	 * @param server the MCP server it is about
	 * @param from name of the recipient, for messages
	 * @param request a GET
	 * @return a mono with the answer. Fails with {@link UnavailableException}, because
	 * nothing can be lost with a document
	 */
	Mono<OAuthResponse> fetch(McpServer server, String from, HTTPRequest request) {
		return bounded(from, this.settings.discoveryTimeout(), fetch(server, from, request, 0)).onErrorMap(
				UnknownOutcomeException.class,
				(ex) -> new UnavailableException(String.valueOf(ex.getMessage()), null, ex.getCause()));
	}

	/**
	 * One bound for an exchange with all its redirects and repetitions.
	 */
	private Mono<OAuthResponse> bounded(String from, Duration timeout, Mono<OAuthResponse> exchange) {
		return this.clients.threads()
			.within(exchange, timeout)
			.onErrorMap(TimeoutException.class,
					(ex) -> new UnknownOutcomeException("%s did not answer within %s".formatted(from, timeout), ex));
	}

	private Mono<OAuthResponse> fetch(McpServer server, String from, HTTPRequest request, int redirects) {
		Mono<OAuthResponse> once = send(server, from, request, Redaction.none());
		// A document can be asked for twice, so one broken connection is no outage
		return once.onErrorResume(UnknownOutcomeException.class, (ex) -> once)
			.flatMap((answer) -> redirect(answer, request, redirects,
					(target) -> fetch(server, from, new HTTPRequest(request.getMethod(), target), redirects + 1)));
	}

	/**
	 * Follow a redirect if the one policy allows it.
	 */
	private static Mono<OAuthResponse> redirect(OAuthResponse answer, HTTPRequest request, int redirects,
			Function<URI, Mono<OAuthResponse>> again) {
		if (!answer.isRedirect()) {
			return Mono.just(answer);
		}
		Redirect redirect = Redirect.of(request.getURI(), request.getMethod() == HTTPRequest.Method.GET,
				answer.status(), answer.headers().location());
		if (redirect instanceof Redirect.Follow follow) {
			return (redirects < Redirect.MOST) ? again.apply(follow.target())
					: Mono.just(answer.withNote("there were too many redirects"));
		}
		return Mono.just(answer.withNote(((Redirect.Refuse) redirect).reason()));
	}

	/**
	 * Send a request to an endpoint of an authorization server: checks the address and
	 * the issuer, authenticates the client, and keeps all secrets out of messages.
	 * @param request the request
	 * @return a mono with the answer. Fails with {@link UnavailableException} if the
	 * request was surely not acted upon, with {@link UnknownOutcomeException} if it may
	 * have been, and with {@link UnusableException} before anything is sent if the
	 * address or the way to authenticate is not acceptable
	 */
	Mono<OAuthResponse> exchange(EndpointRequest request) {
		return bounded(from(request, request.endpoint().uri()), this.settings.tokenTimeout(),
				Mono.defer(() -> exchange(request, request.endpoint().uri(), 0)));
	}

	private Mono<OAuthResponse> exchange(EndpointRequest request, URI uri, int redirects) {
		Endpoint endpoint = request.endpoint();
		Sender sender = request.sender();
		this.urlPolicy.check(request.server(), "The " + endpoint.name(), uri.toString());
		if (sender == null) {
			return send(request, uri, redirects, null);
		}
		ClientAuthentications.requireIssuer(sender.client(), endpoint.issuer());
		return authenticated(request, uri, redirects, sender, false);
	}

	/**
	 * A server whose clock differs rejects assertions signed by our time. The time by its
	 * clock is remembered, and one more assertion is signed with it.
	 */
	private Mono<OAuthResponse> authenticated(EndpointRequest request, URI uri, int redirects, Sender sender,
			boolean corrected) {
		String origin = HttpAddress.origin(uri);
		Duration ahead = this.serverClocks.getOrDefault(origin, Duration.ZERO);
		return ClientAuthentications
			.authentication(sender.client(), sender.method(), uri, request.endpoint().issuer(),
					Clock.offset(this.clock, ahead), this.clients.threads().blocking())
			.flatMap(
					(authentication) -> send(request, uri, redirects, authentication.orElse(null)).flatMap((answer) -> {
						Duration difference = answer.headers().clockDifference();
						if (!(authentication.orElse(null) instanceof PrivateKeyJWT)) {
							return Mono.just(answer);
						}
						if (corrected || difference == null || difference.abs().compareTo(LONGEST_SKEW) > 0
								|| difference.minus(ahead).abs().compareTo(SAME_TIME) < 0 || !answer.refusesClient()) {
							return Mono.just(answer.toSigned());
						}
						this.serverClocks.put(origin, difference);
						return authenticated(request, uri, redirects, sender, true);
					}));
	}

	private Mono<OAuthResponse> send(EndpointRequest request, URI uri, int redirects,
			@Nullable ClientAuthentication authentication) {
		Sender sender = request.sender();
		HTTPRequest http = ClientAuthentications.identified(request.content().at(uri, authentication), sender,
				authentication);
		Redaction redaction = Redaction.of(request.secrets().toArray(Secret[]::new))
			.and((sender != null) ? sender.client().clientSecret() : null)
			.and(http.getAuthorization())
			.andSignature(authentication);
		return send(request.server(), from(request, uri), http, redaction).flatMap(
				(answer) -> redirect(answer, http, redirects, (target) -> exchange(request, target, redirects + 1)));
	}

	private static String from(EndpointRequest request, URI uri) {
		return "The %s %s".formatted(request.endpoint().name(), UntrustedText.quote(uri.toString()));
	}

	private Mono<OAuthResponse> send(McpServer server, String from, HTTPRequest request, Redaction redaction) {
		return Mono.defer(() -> prepare(server, request).exchangeToMono((response) -> read(from, response, redaction)))
			.onErrorMap((ex) -> translate(from, redaction, ex));
	}

	private WebClient.RequestHeadersSpec<?> prepare(McpServer server, HTTPRequest request) {
		WebClient.RequestBodySpec spec = this.clients.forServer(server)
			.method(HttpMethod.valueOf(request.getMethod().name()))
			.uri(request.getURI());
		spec.header(HttpHeaders.USER_AGENT, UserAgent.of(server));
		spec.accept(MediaType.APPLICATION_JSON);
		if (request.getAuthorization() != null) {
			spec.header(HttpHeaders.AUTHORIZATION, request.getAuthorization());
		}
		String proof = request.getHeaderValue(ProofOfPossession.DPOP);
		if (proof != null) {
			spec.header(ProofOfPossession.DPOP, proof);
		}
		if (request.getBody() == null) {
			return spec;
		}
		spec.header(HttpHeaders.CONTENT_TYPE, request.getEntityContentType().getType());
		// As bytes, because the codecs for text log their content
		return spec.bodyValue(request.getBody().getBytes(StandardCharsets.UTF_8));
	}

	private Mono<OAuthResponse> read(String from, ClientResponse response, Redaction redaction) {
		int status = response.statusCode().value();
		HttpHeaders headers = response.headers().asHttpHeaders();
		return DataBufferUtils.join(response.bodyToFlux(DataBuffer.class), this.settings.maxBody())
			.map(Transport::text)
			.onErrorResume((ex) -> status >= 500, (ex) -> Mono.empty())
			.defaultIfEmpty("")
			// Off the event loop: the text is a stranger's, and other connections wait
			.publishOn(this.clients.threads().blocking())
			.map((body) -> new OAuthResponse(from, status, ResponseHeaders.of(headers, this.clock.instant()),
					ResponseBody.of(body), null, redaction));
	}

	private static String text(DataBuffer buffer) {
		try {
			return buffer.toString(StandardCharsets.UTF_8);
		}
		finally {
			DataBufferUtils.release(buffer);
		}
	}

	private Throwable translate(String from, Redaction redaction, Throwable ex) {
		Throwable shown = redaction.applies(ex) ? null : ex;
		for (Throwable cause = ex; cause != null; cause = cause.getCause()) {
			if (cause instanceof ExchangeException) {
				return cause;
			}
			if (cause instanceof DataBufferLimitException) {
				return new UnavailableException(
						"%s answered more than %d bytes".formatted(from, this.settings.maxBody()), null, null);
			}
			if (isBeforeSending(cause)) {
				return new UnavailableException("%s cannot be reached: %s".formatted(from, describe(cause, redaction)),
						null, shown);
			}
		}
		return new UnknownOutcomeException("%s did not answer completely: %s".formatted(from, describe(ex, redaction)),
				shown);
	}

	/**
	 * Whether a failure surely happened before the request was sent. Exceptions of the
	 * connectors' own pools are told by name, because no connector is sure to be there.
	 */
	private static boolean isBeforeSending(Throwable ex) {
		return ex instanceof ConnectException || ex instanceof UnknownHostException
				|| ex instanceof NoRouteToHostException || ex instanceof UnresolvedAddressException
				|| ex instanceof SSLHandshakeException || ex instanceof SSLPeerUnverifiedException || isPlainHttp(ex)
				|| ex.getClass().getSimpleName().startsWith("PoolAcquire")
				|| "HttpConnectTimeoutException".equals(ex.getClass().getSimpleName());
	}

	/**
	 * The failure in words, without the names of library classes.
	 */
	private static String describe(Throwable ex, Redaction redaction) {
		if (isPlainHttp(ex)) {
			// Its message is the answer in hexadecimal digits
			return "it speaks plain http at that port";
		}
		String kind = (ex instanceof UnknownHostException) ? "the host name is not known"
				: isTimeout(ex) ? "connecting took too long"
						: (ex instanceof ConnectException) ? "the connection was refused"
								: (ex instanceof SSLException) ? "the TLS handshake failed"
										: (ex instanceof NoRouteToHostException) ? "there is no route to the host"
												: "the connection broke";
		return kind + ((ex.getMessage() != null)
				? " " + redaction.quote(NATIVE_CALL.matcher(ex.getMessage()).replaceFirst("")) : "");
	}

	private static boolean isPlainHttp(Throwable ex) {
		return "NotSslRecordException".equals(ex.getClass().getSimpleName());
	}

	private static boolean isTimeout(Throwable ex) {
		return ex.getClass().getSimpleName().contains("Timeout");
	}

}
