// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.webclient;

import java.net.URI;
import java.time.Duration;
import java.util.function.Function;

import io.github.mcpoauth.AccessToken;
import io.github.mcpoauth.InsufficientScopeException;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.Recovery;
import io.github.mcpoauth.Rejection;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.internal.address.HttpAddress;
import io.github.mcpoauth.internal.address.Redirect;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.internal.work.WorkThreads;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.Exceptions;
import reactor.core.Fuseable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.web.reactive.function.client.ClientRequest;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.ExchangeFilterFunction;
import org.springframework.web.reactive.function.client.ExchangeFunction;

/**
 * Authorizes requests to MCP servers, and recovers each once from a 401.
 * <p>
 * Acts on the addresses of configured servers only. A request to another address, or with
 * an {@code Authorization} header of the caller, passes through untouched. The header is
 * written together with the request, after its address was compared once more: a filter
 * behind this one that rewrites the address takes no token along. The filter cannot see
 * the redirects of a connector that was told to follow them, so leave them off in a
 * connector built by hand. The filter itself follows a 307 or 308 at or below the
 * configured address, with body and token, and fails a request that points elsewhere.
 * <p>
 * Before the first login requests are sent without a token, because the server may not
 * need one. A request of which only the proof of possession was rejected is sent once
 * more with a new proof. A 401 is never returned as a response: the request is sent
 * again, or fails with {@link LoginRequiredException},
 * {@link TransientAuthorizationException}, or a plain {@link McpOAuthException} for a 401
 * that is not about OAuth.
 */
public final class McpOAuthFilter implements ExchangeFilterFunction {

	private static final Log logger = LogFactory.getLog(McpOAuthFilter.class);

	/**
	 * How long the rest of a 401's body is waited for before its connection is dropped.
	 */
	private static final Duration RELEASE = Duration.ofSeconds(2);

	private final Function<ClientRequest, Mono<McpOAuthProvider>> providers;

	private final @Nullable ExchangeFilterFunction next;

	/**
	 * Create a filter.
	 * @param providers gives the provider that a request needs, empty for a request to
	 * other addresses
	 * @param next sees every request after this filter, {@code null} for none
	 */
	public McpOAuthFilter(Function<ClientRequest, Mono<McpOAuthProvider>> providers,
			@Nullable ExchangeFilterFunction next) {
		this.providers = providers;
		this.next = next;
	}

	@Override
	public Mono<ClientResponse> filter(ClientRequest request, ExchangeFunction exchange) {
		ExchangeFilterFunction behind = this.next;
		ExchangeFunction next = (behind != null) ? behind.apply(exchange) : exchange;
		if (request.headers().containsHeader(HttpHeaders.AUTHORIZATION)) {
			return pass(request, next, "it has an 'Authorization' header of its caller");
		}
		Mono<McpOAuthProvider> provider = this.providers.apply(request);
		if (provider instanceof Fuseable.ScalarCallable<?> known) {
			// Without principals the provider is known here, which saves most requests an
			// operator
			return send(request, next, (McpOAuthProvider) valueOf(known));
		}
		return provider.singleOptional().flatMap((resolved) -> send(request, next, resolved.orElse(null)));
	}

	private static Mono<ClientResponse> send(ClientRequest request, ExchangeFunction next,
			@Nullable McpOAuthProvider provider) {
		return (provider != null) ? new Attempt(provider, request, next).send()
				: pass(request, next, "no server is configured there");
	}

	/**
	 * The log names the host only: the rest of an address may hold a key.
	 */
	private static Mono<ClientResponse> pass(ClientRequest request, ExchangeFunction next, String reason) {
		if (logger.isDebugEnabled()) {
			logger.debug("A request to %s passes untouched: %s".formatted(UntrustedText.quote(request.url().getHost()),
					reason));
		}
		return next.exchange(request);
	}

	private static @Nullable Object valueOf(Fuseable.ScalarCallable<?> known) {
		try {
			return known.call();
		}
		catch (Exception ex) {
			throw Exceptions.propagate(ex);
		}
	}

	/**
	 * The state of one request on its way.
	 *
	 * @param url the address it goes to now
	 * @param sends how often it was sent with different tokens, this time included
	 * @param firstProof whether it goes with its first proof of possession to that
	 * address
	 * @param redirects the number of redirects that were followed
	 */
	private record Sending(URI url, int sends, boolean firstProof, int redirects) {

		Sending again() {
			return new Sending(this.url, this.sends + 1, true, this.redirects);
		}

		Sending withOtherProof() {
			return new Sending(this.url, this.sends, false, this.redirects);
		}

		Sending to(URI target) {
			return new Sending(target, this.sends, true, this.redirects + 1);
		}

		boolean isRepeated() {
			return this.sends > 1 || !this.firstProof || this.redirects > 0;
		}

	}

	/**
	 * One request on its way. It is sent once more with another token, and a last time if
	 * that one was replaced meanwhile, too; and each time at most once more with another
	 * proof.
	 */
	private static final class Attempt {

		private static final int MOST_SENDS = 3;

		private final McpOAuthProvider provider;

		private final ClientRequest request;

		private final ExchangeFunction next;

		private final ReplayableBody body;

		Attempt(McpOAuthProvider provider, ClientRequest request, ExchangeFunction next) {
			this.provider = provider;
			this.request = request;
			this.next = next;
			this.body = new ReplayableBody(request.body());
		}

		Mono<ClientResponse> send() {
			return this.provider.token()
				.singleOptional()
				.flatMap((token) -> exchange(token.orElse(null),
						new Sending(this.request.url(), has(RequestAttributes.RECOVERED) ? 2 : 1, true, 0)));
		}

		/**
		 * A proof is worth a change of threads: to make one takes an event loop as long
		 * as many other requests do.
		 */
		private Mono<ClientResponse> exchange(@Nullable AccessToken token, Sending sending) {
			if (token != null && token.isBound() && Schedulers.isInNonBlockingThread()) {
				return Mono.defer(() -> exchangeHere(token, sending)).subscribeOn(Proofs.THREADS);
			}
			return exchangeHere(token, sending);
		}

		private Mono<ClientResponse> exchangeHere(@Nullable AccessToken token, Sending sending) {
			AuthorizedRequest authorized = new AuthorizedRequest(request(sending), this.body, this.provider.server(),
					token);
			Mono<ClientResponse> answer = this.next.exchange(authorized);
			if (sending.isRepeated()) {
				answer = answer.onErrorMap((ex) -> this.body.isSpent(), (ex) -> notSentAgain(sending));
			}
			return answer.flatMap((response) -> {
				if (authorized.isWithheld()) {
					// Another filter sent the request elsewhere: this answer is not the
					// server's
					return Mono.just(response);
				}
				if (isRedirect(response)) {
					return redirect(token, response, sending);
				}
				if (token != null && token.isBound() && isForAnotherProof(token, response, sending)
						&& sending.firstProof()) {
					return prove(token, response, sending);
				}
				if (HttpStatus.UNAUTHORIZED.isSameCodeAs(response.statusCode())) {
					return recover(token, response, sending);
				}
				if (isAboutToken(token, response) && !has(RequestAttributes.OPTIONAL)) {
					return stepUp(token, response, sending);
				}
				if (token != null && response.statusCode().is2xxSuccessful()) {
					this.provider.accepted(token);
				}
				return Mono.just(response);
			});
		}

		private ClientRequest request(Sending sending) {
			if (sending.sends() == 1 && sending.redirects() == 0) {
				return this.request;
			}
			ClientRequest.Builder copy = ClientRequest.from(this.request).url(sending.url());
			return ((sending.sends() > 1) ? copy.attribute(RequestAttributes.RECOVERED, true) : copy).build();
		}

		private boolean isRead() {
			return HttpMethod.GET.equals(this.request.method()) || HttpMethod.HEAD.equals(this.request.method());
		}

		/**
		 * A 307 or 308 is handled for all methods. Other redirects of a GET are the
		 * caller's to see; of a POST they say that the server is not at that address.
		 */
		private boolean isRedirect(ClientResponse response) {
			int status = response.statusCode().value();
			return status == 307 || status == 308 || (!isRead() && status >= 301 && status <= 303);
		}

		private Mono<ClientResponse> redirect(@Nullable AccessToken token, ClientResponse response, Sending sending) {
			String location = response.headers().asHttpHeaders().getFirst(HttpHeaders.LOCATION);
			HttpAddress configured = HttpAddress.of(this.provider.server().url());
			int status = response.statusCode().value();
			Redirect redirect = (configured != null)
					? Redirect.within(configured, sending.url(), isRead(), status, location)
					: Redirect.of(sending.url(), isRead(), status, location);
			return release(response).then(Mono.defer(() -> {
				if (redirect instanceof Redirect.Refuse refuse) {
					return Mono.error(redirected(status, refuse.target(), refuse.reason(), sending));
				}
				URI target = ((Redirect.Follow) redirect).target();
				if (sending.redirects() == Redirect.MOST) {
					return Mono.error(redirected(status, target, "there were too many redirects", sending));
				}
				return this.body.canBeSentAgain() ? exchange(token, sending.to(target)) : Mono
					.error(redirected(status, target, "the body of the request can be sent only once", sending));
			}));
		}

		/**
		 * The query of the target is left out, because it may hold the id of a session.
		 */
		private McpOAuthException redirected(int status, @Nullable URI target, String reason, Sending sending) {
			String server = this.provider.key().server();
			String place = (target != null) ? target.toString().split("[?#]", 2)[0] : null;
			return new McpOAuthException(server,
					"MCP server '%s' answered %d at %s and points to %s, but %s. If that is the address of the MCP server, set 'mcp.servers.%s.url' to it"
						.formatted(server, status, UntrustedText.quote(sending.url().getPath()),
								(place != null) ? UntrustedText.quote(place) : "no address", reason, server));
		}

		private boolean isForAnotherProof(AccessToken token, ClientResponse response, Sending sending) {
			return token.answered(sending.url(), response.statusCode().value(), response.headers()::header);
		}

		private Mono<ClientResponse> prove(AccessToken token, ClientResponse response, Sending sending) {
			return release(response).then(Mono.defer(() -> this.body.canBeSentAgain()
					? exchange(token, sending.withOtherProof())
					: Mono.error(new TransientAuthorizationException(this.provider.key().server(),
							"the server wants another proof of possession, but the body of the request can be sent only once: make the request again",
							null, null))));
		}

		private Mono<ClientResponse> recover(@Nullable AccessToken sent, ClientResponse response, Sending sending) {
			if (has(RequestAttributes.OPTIONAL)) {
				return release(response).then(Mono.error(new McpOAuthException(this.provider.key().server(),
						"MCP server '%s' answered 401 to an optional request, which it need not support"
							.formatted(this.provider.key().server()))));
			}
			Rejection rejection = new Rejection(sent, response.headers().header(HttpHeaders.WWW_AUTHENTICATE),
					sending.sends() > 1, false, sending.firstProof() && has(RequestAttributes.SESSION));
			return release(response).then(this.provider.recover(rejection))
				.flatMap((recovery) -> proceed(recovery, sending));
		}

		/**
		 * A 403 may be about the token: it names a challenge, or the token may have
		 * expired. The provider tells.
		 */
		private static boolean isAboutToken(@Nullable AccessToken token, ClientResponse response) {
			return HttpStatus.FORBIDDEN.isSameCodeAs(response.statusCode())
					&& ((token != null && token.expiresAt() != null)
							|| response.headers().asHttpHeaders().containsHeader(HttpHeaders.WWW_AUTHENTICATE));
		}

		private Mono<ClientResponse> stepUp(@Nullable AccessToken sent, ClientResponse response, Sending sending) {
			Rejection rejection = new Rejection(sent, response.headers().header(HttpHeaders.WWW_AUTHENTICATE),
					sending.sends() > 1, true, false);
			return this.provider.recover(rejection)
				.flatMap((recovery) -> (recovery.outcome() != Recovery.Outcome.NOT_RECOVERED)
						? release(response).then(Mono.defer(() -> proceed(recovery, sending))) : Mono.just(response));
		}

		private boolean has(String attribute) {
			return this.request.attribute(attribute).isPresent();
		}

		private static Mono<Void> release(ClientResponse response) {
			return WorkThreads.shared().within(response.releaseBody(), RELEASE).onErrorComplete();
		}

		private Mono<ClientResponse> proceed(Recovery recovery, Sending sending) {
			String server = this.provider.key().server();
			String reason = (recovery.reason() != null) ? recovery.reason() : "the server rejected its token";
			AccessToken token = recovery.token();
			return switch (recovery.outcome()) {
				case REFRESHED, ADOPTED -> (token != null && sending.sends() < MOST_SENDS && this.body.canBeSentAgain())
						? exchange(token, sending.again()) : Mono.error(notSentAgain(sending));
				case TRANSIENT ->
					Mono.error(new TransientAuthorizationException(server, reason, recovery.retryAfter(), null));
				case INSUFFICIENT_SCOPE ->
					Mono.error(new InsufficientScopeException(this.provider.server(), this.provider.key(), reason));
				case REAUTHORIZE -> Mono.error(new LoginRequiredException(this.provider.server(), this.provider.key(),
						reason, recovery.correction()));
				case NOT_RECOVERED -> Mono.error(new McpOAuthException(server,
						"MCP server '%s' answered 401 to %s, and no OAuth login can help: %s".formatted(server,
								UntrustedText.quote(sending.url().getPath()), reason)));
			};
		}

		private McpOAuthException notSentAgain(Sending sending) {
			if (sending.sends() == 1 && sending.redirects() > 0) {
				return redirected(HttpStatus.TEMPORARY_REDIRECT.value(), sending.url(),
						"the body of the request can be sent only once", sending);
			}
			String reason = this.body.canBeSentAgain()
					? "its token was replaced again and again while the request was under way"
					: "its token was renewed, but the body of the request can be sent only once: make the request again";
			return new TransientAuthorizationException(this.provider.key().server(), reason, null, null);
		}

	}

	/**
	 * Threads that sign proofs of possession, shared by all filters. They are made with
	 * the first proof, and end after a minute without work.
	 */
	private static final class Proofs {

		private static final Scheduler THREADS = Schedulers
			.newBoundedElastic(Runtime.getRuntime().availableProcessors(), 100_000, "mcp-oauth-proof", 60, true);

	}

}
