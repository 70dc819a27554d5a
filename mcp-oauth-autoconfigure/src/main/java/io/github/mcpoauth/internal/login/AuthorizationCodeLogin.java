// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.login;

import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.regex.Pattern;

import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.login.LoginProgress.Step;
import io.github.mcpoauth.internal.login.LoopbackListener.Reception;
import io.github.mcpoauth.internal.protocol.AuthorizationRequest;
import io.github.mcpoauth.internal.protocol.AuthorizationResponse;
import io.github.mcpoauth.internal.protocol.ExchangeException;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/**
 * A login with an authorization code, from the moment its address is known. A browser
 * that comes back and a person who pastes race each other: the first good answer wins,
 * everything else leaves the login as it was.
 */
final class AuthorizationCodeLogin extends PendingLogin {

	private static final Log logger = LogFactory.getLog(AuthorizationCodeLogin.class);

	private static final Pattern QUOTES = Pattern.compile("^[<\"'`]+(.*?)[>\"'`]+$", Pattern.DOTALL);

	private static final Pattern BLANK = Pattern.compile("\\s+");

	private final AuthorizationRequest request;

	private final @Nullable LoopbackListener listener;

	private final Instant expiresAt;

	private final Ending ending;

	AuthorizationCodeLogin(String id, McpServer server, AuthorizationRequest request,
			@Nullable LoopbackListener listener, Instant expiresAt, Ending ending, Mono<ServerStatus> status) {
		super(id, server, status);
		this.request = request;
		this.listener = listener;
		this.expiresAt = expiresAt;
		this.ending = ending;
	}

	/**
	 * Begin to wait for the answer.
	 * @param timeout how long to wait
	 * @param timeoutHint what to say besides when nobody answered
	 */
	void start(Duration timeout, String timeoutHint) {
		if (this.listener != null) {
			this.listener.expect(this.request.redirectUri(), this::receive);
		}
		this.progress.replaceWork(Schedulers.parallel()
			.schedule(
					() -> this.progress.expire(LoginFailures.failure(this.server, Reason.TIMED_OUT,
							"nobody answered within %d s%s".formatted(timeout.toSeconds(), timeoutHint))),
					timeout.toMillis(), TimeUnit.MILLISECONDS));
	}

	@Override
	public URI authorizationUrl() {
		return this.request.uri();
	}

	@Override
	public Instant expiresAt() {
		return this.expiresAt;
	}

	@Override
	public Mono<ServerStatus> complete(String pasted) {
		return Mono.defer(() -> {
			AuthorizationResponse response = AuthorizationResponse.ofPasted(unwrap(pasted));
			Reception reception = receive(response, () -> logger.debug(message("The answer was pasted")));
			if (reception == Reception.FOREIGN) {
				throw new IllegalArgumentException("This is the answer to another login, or a damaged one");
			}
			return completion();
		});
	}

	/**
	 * Without what terminals and mail programs put around or into an address.
	 */
	private static String unwrap(String pasted) {
		String text = QUOTES.matcher(pasted.strip()).replaceFirst("$1").strip();
		return (text.indexOf('=') >= 0) ? BLANK.matcher(text).replaceAll("") : text;
	}

	private Reception receive(String query, Runnable keep) {
		AuthorizationResponse response;
		try {
			response = AuthorizationResponse.ofQuery(query);
		}
		catch (IllegalArgumentException ex) {
			return Reception.FOREIGN;
		}
		return receive(response, keep);
	}

	/**
	 * A bare code is taken for an answer, because only a person who follows this login
	 * can have brought it here.
	 */
	private Reception receive(AuthorizationResponse response, Runnable keep) {
		if (!response.answers(this.request)) {
			logger.debug(message("An answer to something else was ignored"));
			return Reception.FOREIGN;
		}
		Mono<Grant> grant = grant(response);
		if (!this.progress.advance(Step.WAITING, Step.EXCHANGING)) {
			return Reception.LATE;
		}
		keep.run();
		logger.debug(message("The answer is there"));
		this.progress.endWith(grant);
		return Reception.ANSWER;
	}

	private Mono<Grant> grant(AuthorizationResponse response) {
		try {
			Secret code = response.code(this.request);
			return this.ending.grant(code, () -> this.progress.advance(Step.EXCHANGING, Step.STORING));
		}
		catch (ExchangeException ex) {
			return this.ending.refused(ex);
		}
	}

	/**
	 * Tell the browser.
	 */
	@Override
	void farewell(@Nullable McpOAuthException failure) {
		if (this.listener != null) {
			this.listener.close(page(failure));
		}
	}

	private CallbackPage page(@Nullable McpOAuthException failure) {
		return (failure != null) ? CallbackPage.failure(String.valueOf(failure.getMessage()))
				: CallbackPage.success(this.server.name());
	}

	/**
	 * What becomes of the answer.
	 */
	interface Ending {

		/**
		 * Turn a code into a stored grant.
		 * @param code the code
		 * @param begin asked right before storing, whether that is still wanted
		 * @return a mono with the stored grant, empty if it is not wanted any more
		 */
		Mono<Grant> grant(Secret code, BooleanSupplier begin);

		/**
		 * Take note of an answer without a code.
		 * @param failure what the answer says
		 * @return a mono that fails with it
		 */
		Mono<Grant> refused(ExchangeException failure);

	}

}
