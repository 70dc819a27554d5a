// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.actuate;

import java.net.URI;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginException;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.LoginRequiredException;
import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.ServerStatus;
import io.github.mcpoauth.ServerStatus.Explanation;
import io.github.mcpoauth.ServerStatus.GrantDetails;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.TransientAuthorizationException;
import io.github.mcpoauth.UnknownServerException;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.question.Answer;
import io.github.mcpoauth.question.Question;
import io.github.mcpoauth.question.QuestionUrl;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;

/**
 * {@link Endpoint @Endpoint} to look at the authorization of MCP servers and, where that
 * is allowed, to act on it.
 * <p>
 * Reading reports the state in memory and in the store, never a token, and reaches no
 * server. Writing is off until {@code management.endpoint.mcpoauth.access} says
 * {@code unrestricted}.
 */
@Endpoint(id = "mcpoauth", defaultAccess = Access.READ_ONLY)
public final class McpOAuthEndpoint {

	private final McpOAuthManager manager;

	private final QuestionRegistry questions;

	/**
	 * Create the endpoint.
	 * @param manager knows the servers
	 */
	public McpOAuthEndpoint(McpOAuthManager manager) {
		this(manager, QuestionRegistry.unanswered());
	}

	/**
	 * Create the endpoint of an application whose servers ask its users questions.
	 * @param manager knows the servers
	 * @param questions the addresses that servers want users to open
	 */
	public McpOAuthEndpoint(McpOAuthManager manager, QuestionRegistry questions) {
		this.manager = manager;
		this.questions = questions;
	}

	/**
	 * All servers.
	 * @return a mono with their states
	 */
	@ReadOperation
	public Mono<ServersDescriptor> servers() {
		return Flux.defer(() -> Flux.fromIterable(this.manager.servers()))
			.concatMap((server) -> describe(server.key()).onErrorResume(UnknownServerException.class,
					(ex) -> Mono.empty()))
			.collectList()
			.map(ServersDescriptor::new);
	}

	/**
	 * One server.
	 * @param server its name
	 * @param principal owner of the grant, the application's own when not set
	 * @return a mono with its state; fails with {@link UnknownServerException}
	 */
	@ReadOperation
	public Mono<ServerDescriptor> server(@Selector String server, @Nullable String principal) {
		return Mono.defer(() -> describe(new GrantKey(server, principal)));
	}

	/**
	 * Do something about a server's authorization.
	 * @param server its name
	 * @param action the action
	 * @param redirect for {@link Action#COMPLETE}: the URL that the browser was
	 * redirected to, its query or its code
	 * @param flow for {@link Action#COMPLETE} and {@link Action#CANCEL}: the login that
	 * is meant, whichever is in progress when not set. For {@link Action#ACCEPT},
	 * {@link Action#DECLINE} and {@link Action#CANCEL}: the question that is meant
	 * @param device for {@link Action#LOGIN}: whether the user confirms a code on another
	 * device, not when not set
	 * @param principal owner of the grant, the application's own when not set
	 * @return a mono with the outcome. Fails with {@link UnknownServerException},
	 * {@link LoginException}, {@link LoginRequiredException},
	 * {@link TransientAuthorizationException}, {@link TokenStoreException},
	 * {@link McpOAuthException} of the kind {@code NOT_PENDING}, or
	 * {@link IllegalArgumentException} for a malformed redirect
	 */
	@WriteOperation
	public Mono<? extends OperationResponseBody> perform(@Selector String server, @Selector Action action,
			@Nullable String redirect, @Nullable String flow, @Nullable Boolean device, @Nullable String principal) {
		return Mono.defer(() -> {
			GrantKey key = new GrantKey(server, principal);
			return switch (action) {
				case LOGIN -> this.manager.provider(key)
					.login(Boolean.TRUE.equals(device) ? LoginRequest.withDeviceCode() : LoginRequest.withoutBrowser())
					.map(LoginDescriptor::of);
				case COMPLETE -> complete(key, redirect, flow);
				case CANCEL -> this.questions.decide(key, flow, Answer.Action.CANCEL)
					.flatMap((question) -> describe(key))
					.switchIfEmpty(Mono.defer(() -> cancel(key, flow)));
				case ACCEPT -> decide(key, flow, Answer.Action.ACCEPT);
				case DECLINE -> decide(key, flow, Answer.Action.DECLINE);
				case REFRESH -> this.manager.provider(key).refresh(null).then(describe(key));
				case LOGOUT -> this.manager.provider(key).logout().map(RevocationDescriptor::new);
			};
		});
	}

	/**
	 * Log out, delete all that is stored for the server, and take it out of this process.
	 * @param server its name
	 * @param principal owner of the grant; the server stays then
	 * @return a mono with the outcome; fails with {@link UnknownServerException} or
	 * {@link TokenStoreException}
	 */
	@DeleteOperation
	public Mono<RevocationDescriptor> remove(@Selector String server, @Nullable String principal) {
		return Mono.defer(() -> this.manager.provider(new GrantKey(server, principal)).remove())
			.map(RevocationDescriptor::new);
	}

	private Mono<ServerDescriptor> decide(GrantKey key, @Nullable String question, Answer.Action action) {
		return this.questions.decide(key, question, action)
			.switchIfEmpty(Mono.error(() -> new IllegalArgumentException(
					"'flow' must be the id of a question that MCP server '%s' still asks".formatted(key.server()))))
			.flatMap((decided) -> describe(key));
	}

	private Mono<ServerDescriptor> complete(GrantKey key, @Nullable String redirect, @Nullable String flow) {
		if (redirect == null || redirect.isBlank()) {
			throw new IllegalArgumentException(
					"'redirect' must be the address that the browser was sent to after the login");
		}
		return pendingLogin(key, flow, redirect).flatMap((login) -> login.complete(redirect)).then(describe(key));
	}

	private Mono<ServerDescriptor> cancel(GrantKey key, @Nullable String flow) {
		return pendingLogin(key, flow, null).flatMap((login) -> {
			login.cancel();
			return login.completion().onErrorComplete();
		}).then(describe(key));
	}

	/**
	 * The login that is meant, which any process may have begun: the named one, the one
	 * whose state the redirect has, or the newest one.
	 */
	private Mono<Login> pendingLogin(GrantKey key, @Nullable String flow, @Nullable String redirect) {
		return this.manager.provider(key).logins().map((logins) -> {
			List<Login> waiting = logins.stream()
				.filter(McpOAuthEndpoint::isWaiting)
				.filter((login) -> flow == null || flow.equals(login.id()))
				.toList();
			return waiting.stream()
				.filter((login) -> redirect != null && isAnswer(redirect, login))
				.findFirst()
				.or(() -> waiting.stream().findFirst())
				.orElseThrow(() -> new NoPendingLoginException(key.server(), flow));
		});
	}

	private static boolean isWaiting(Login login) {
		return !login.isAnswered() && login.failure() == null;
	}

	private static boolean isAnswer(String redirect, Login login) {
		Login.Callback callback = login.callback();
		return callback != null && redirect.contains(callback.state().reveal());
	}

	private Mono<ServerDescriptor> describe(GrantKey key) {
		return Mono.defer(() -> {
			McpOAuthProvider provider = this.manager.provider(key);
			// The status says it where the store is away
			Mono<Optional<Login>> login = provider.logins()
				.onErrorResume(TokenStoreException.class, (ex) -> Mono.just(List.of()))
				.map((logins) -> logins.stream().filter(McpOAuthEndpoint::isWaiting).findFirst());
			Mono<List<Question.Url>> questions = this.questions.waiting(provider.key())
				.onErrorResume(TokenStoreException.class, (ex) -> Mono.just(List.of()));
			return Mono.zip(provider.status(), login, questions)
				.map((all) -> ServerDescriptor.of(all.getT1(), all.getT2().orElse(null),
						all.getT3().stream().map(QuestionDescriptor::of).toList()));
		});
	}

	/**
	 * Actions on a server's authorization.
	 */
	public enum Action {

		/**
		 * Start a login, or join the one in progress.
		 */
		LOGIN,

		/**
		 * Hand in the URL that the browser was redirected to.
		 */
		COMPLETE,

		/**
		 * End the login in progress, or forget a question.
		 */
		CANCEL,

		/**
		 * Note that the user agrees to open the address of a question.
		 */
		ACCEPT,

		/**
		 * Note that the user does not want to open it.
		 */
		DECLINE,

		/**
		 * Renew the token now.
		 */
		REFRESH,

		/**
		 * Revoke and forget the grant.
		 */
		LOGOUT

	}

	/**
	 * All servers.
	 *
	 * @param servers their states
	 */
	public record ServersDescriptor(List<ServerDescriptor> servers) implements OperationResponseBody {

		public ServersDescriptor {
			servers = List.copyOf(servers);
		}

	}

	/**
	 * One server. The explanation and the grant are written as members of the server.
	 *
	 * @param server name of the server
	 * @param url its address without query
	 * @param state the state
	 * @param explanation why it is in that state, and the way out
	 * @param grant the grant
	 * @param storeLocation where the grant is kept
	 * @param login the login in progress
	 * @param questions the addresses that the server wants the user to open
	 */
	public record ServerDescriptor(String server, @Nullable String url, ServerStatus.State state,
			@JsonUnwrapped Explanation explanation, @JsonUnwrapped GrantDetails grant, String storeLocation,
			@Nullable FlowDescriptor login, List<QuestionDescriptor> questions) implements OperationResponseBody {

		public ServerDescriptor {
			questions = List.copyOf(questions);
		}

		static ServerDescriptor of(ServerStatus status, @Nullable Login login, List<QuestionDescriptor> questions) {
			GrantDetails grant = status.grant();
			GrantDetails shown = new GrantDetails(grant.issuer(), grant.clientId(),
					(grant.resource() != null) ? UntrustedText.withoutSecrets(grant.resource()) : null, grant.scopes(),
					grant.issuedAt(), grant.expiresAt(), grant.refreshTokenPresent());
			return new ServerDescriptor(status.server(), UntrustedText.withoutSecrets(status.url().toString()),
					status.state(), status.explanation(), shown, status.storeLocation(),
					(login != null) ? new FlowDescriptor(login.id(), login.expiresAt()) : null, questions);
		}

	}

	/**
	 * An address that the server wants the user to open. Do not open it before the user
	 * agrees.
	 *
	 * @param flow id of the question
	 * @param tool the tool that needs it, {@code null} if not known
	 * @param message why the server asks
	 * @param url the whole address
	 * @param domain the host that a browser would connect to
	 * @param warnings reasons to look twice at the address
	 * @param expiresAt when the question ends
	 */
	public record QuestionDescriptor(String flow, @Nullable String tool, String message, String url, String domain,
			Set<QuestionUrl.Warning> warnings, Instant expiresAt) {

		public QuestionDescriptor {
			warnings = Set.copyOf(warnings);
		}

		static QuestionDescriptor of(Question.Url question) {
			return new QuestionDescriptor(question.id(), question.tool(), question.message(), question.url().value(),
					question.url().domain(), question.url().warnings(), question.expiresAt());
		}

		/**
		 * Without the address, because codecs log the objects they write.
		 */
		@Override
		public String toString() {
			return "QuestionDescriptor[flow=%s, domain=%s, expiresAt=%s]".formatted(this.flow, this.domain,
					this.expiresAt);
		}

	}

	/**
	 * A login in progress, without the address that carries its state.
	 *
	 * @param flow its id
	 * @param expiresAt when the login times out
	 */
	public record FlowDescriptor(String flow, Instant expiresAt) {

	}

	/**
	 * A login that was started or joined.
	 *
	 * @param server name of the server
	 * @param flow its id
	 * @param authorizationUrl where the user has to go, {@code null} for a login that
	 * needs no user
	 * @param userCode the code to enter there or to compare, {@code null} but for a login
	 * with a device code
	 * @param verificationUri where to enter it by hand
	 * @param expiresAt when the login times out
	 */
	public record LoginDescriptor(String server, String flow, @Nullable URI authorizationUrl, @Nullable String userCode,
			@Nullable URI verificationUri, Instant expiresAt) implements OperationResponseBody {

		static LoginDescriptor of(Login login) {
			Login.UserCode code = login.userCode();
			return new LoginDescriptor(login.server(), login.id(), login.authorizationUrl(),
					(code != null) ? code.value() : null, (code != null) ? code.verificationUri() : null,
					login.expiresAt());
		}

		/**
		 * Without the user's code and address, because codecs log the objects they write.
		 */
		@Override
		public String toString() {
			return "LoginDescriptor[server=%s, flow=%s, expiresAt=%s]".formatted(this.server, this.flow,
					this.expiresAt);
		}

	}

	/**
	 * The grant is gone.
	 *
	 * @param revoked whether the authorization server confirmed the revocation
	 */
	public record RevocationDescriptor(boolean revoked) implements OperationResponseBody {

	}

}
