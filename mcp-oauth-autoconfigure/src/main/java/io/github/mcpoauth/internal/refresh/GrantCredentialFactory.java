// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.internal.refresh;

import java.net.URI;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantType;
import io.github.mcpoauth.IdentityProvider;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.SigningKey;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.protocol.GrantRequest;
import io.github.mcpoauth.internal.protocol.TokenAudience;
import io.github.mcpoauth.internal.protocol.UnavailableException;
import io.github.mcpoauth.internal.protocol.UnusableException;
import io.github.mcpoauth.internal.refresh.GrantRenewal.NotRenewableException;
import io.github.mcpoauth.internal.text.UntrustedText;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.principal.AssertionSupplier;
import io.github.mcpoauth.principal.SubjectToken;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Creates the credentials of grants without a user, by the settings of their servers.
 */
final class GrantCredentialFactory {

	private static final String ID_JAG = "urn:ietf:params:oauth:token-type:id-jag";

	private static final String ASSERTION = "assertion";

	private final CredentialSuppliers suppliers;

	private final RenewalEndpoints endpoints;

	private final Scheduler blocking;

	GrantCredentialFactory(CredentialSuppliers suppliers, RenewalEndpoints endpoints, WorkThreads threads) {
		this.suppliers = suppliers;
		this.endpoints = endpoints;
		this.blocking = threads.blocking();
	}

	/**
	 * Create the credential of a grant.
	 * @param server the MCP server
	 * @param key the grant
	 * @return the credential
	 */
	GrantCredential of(McpServer server, GrantKey key) {
		OAuthSettings oauth = server.oauth();
		Map<String, String> parameters = oauth.tokenParameters();
		IdentityProvider identityProvider = oauth.identityProvider();
		return switch (oauth.grantType()) {
			case AUTHORIZATION_CODE -> throw new IllegalArgumentException("A user logs in to " + server.name());
			case CLIENT_CREDENTIALS -> new Nothing(parameters);
			case JWT_BEARER ->
				(identityProvider != null)
						? new ByIdentityProvider(server, identityProvider,
								new Subject(key, identityProvider.subjectTokenFile(),
										identityProvider.subjectTokenType()))
						: new Assertion(key, oauth.assertionFile(), parameters);
			case TOKEN_EXCHANGE ->
				new OnBehalf(new Subject(key, oauth.subjectTokenFile(), oauth.subjectTokenType()), parameters);
		};
	}

	/**
	 * Ask a supplier of the application. A failure may pass, as with a file.
	 */
	private static <S, T> Mono<T> supplied(String name, @Nullable S supplier, Function<S, Mono<T>> request) {
		if (supplier == null) {
			return Mono.error(new NotRenewableException("there is no " + name, true));
		}
		return WorkThreads.signalled(() -> request.apply(supplier))
			// Without the message of the failure, which may hold the credential
			.onErrorMap((ex) -> new UnavailableException(
					"The %s failed with %s".formatted(name, ex.getClass().getSimpleName()), null, null));
	}

	/**
	 * The client's credentials are enough.
	 *
	 * @param parameters further parameters
	 */
	private record Nothing(Map<String, String> parameters) implements GrantCredential {

		@Override
		public Mono<GrantRequest> request(Mono<TokenAudience> target) {
			return target
				.map((found) -> new GrantRequest(GrantType.CLIENT_CREDENTIALS, Map.of(), this.parameters, found));
		}

		@Override
		public Object stamp() {
			return "none";
		}

	}

	/**
	 * An assertion of the platform (RFC 7523, section 2.1).
	 */
	private final class Assertion implements GrantCredential {

		private final GrantKey key;

		private final @Nullable Path file;

		private final Map<String, String> parameters;

		Assertion(GrantKey key, @Nullable Path file, Map<String, String> parameters) {
			this.key = key;
			this.file = file;
			this.parameters = parameters;
		}

		@Override
		public Mono<GrantRequest> request(Mono<TokenAudience> target) {
			return target.flatMap((found) -> assertion(found).map((assertion) -> new GrantRequest(GrantType.JWT_BEARER,
					Map.of(ASSERTION, assertion), this.parameters, found)));
		}

		private Mono<Secret> assertion(TokenAudience target) {
			if (this.file != null) {
				return new SecretFile("The assertion", this.file).read(GrantCredentialFactory.this.blocking);
			}
			AssertionSupplier.Request request = new AssertionSupplier.Request(this.key, target.issuer(),
					target.tokenEndpoint(), target.resource());
			return supplied("AssertionSupplier", GrantCredentialFactory.this.suppliers.assertions(),
					(supplier) -> supplier.assertion(request))
				.switchIfEmpty(Mono
					.error(() -> new UnavailableException("The AssertionSupplier has no assertion", null, null)));
		}

		@Override
		public Object stamp() {
			return SecretFile.stamp(this.file);
		}

	}

	/**
	 * The token of the user that this application acts for.
	 */
	private final class Subject {

		private final GrantKey key;

		private final @Nullable Path file;

		private final String type;

		Subject(GrantKey key, @Nullable Path file, String type) {
			this.key = key;
			this.file = file;
			this.type = type;
		}

		Mono<SubjectToken> token() {
			if (this.file != null) {
				return new SecretFile("The subject token", this.file).read(GrantCredentialFactory.this.blocking)
					.map((token) -> new SubjectToken(token, this.type));
			}
			return supplied("SubjectTokenSupplier", GrantCredentialFactory.this.suppliers.subjectTokens(),
					(supplier) -> supplier.subjectToken(this.key))
				.switchIfEmpty(Mono.error(this::missing));
		}

		/**
		 * The token of a principal may be in the context of its own requests only, so a
		 * request of another caller must not make them wait.
		 */
		private RuntimeException missing() {
			return (this.key.principal() != null)
					? new NotRenewableException("the SubjectTokenSupplier has no token for it", false)
					: new UnavailableException("The SubjectTokenSupplier has no token for it", null, null);
		}

		Object stamp() {
			return SecretFile.stamp(this.file);
		}

	}

	/**
	 * A user's token, exchanged at the MCP server's own authorization server (RFC 8693).
	 *
	 * @param subject the user's token
	 * @param parameters further parameters
	 */
	private record OnBehalf(Subject subject, Map<String, String> parameters) implements GrantCredential {

		@Override
		public Mono<GrantRequest> request(Mono<TokenAudience> target) {
			return this.subject.token().flatMap((user) -> target.map((found) -> {
				Map<String, String> all = new LinkedHashMap<>(this.parameters);
				all.put("subject_token_type", user.type());
				return new GrantRequest(GrantType.TOKEN_EXCHANGE, Map.of("subject_token", user.token()), all, found);
			}));
		}

		@Override
		public Object stamp() {
			return this.subject.stamp();
		}

	}

	/**
	 * An assertion of an enterprise's identity provider, which it gives for a user's
	 * token (Identity Assertion JWT Authorization Grant).
	 */
	private final class ByIdentityProvider implements GrantCredential {

		private final McpServer server;

		private final IdentityProvider provider;

		private final Subject subject;

		ByIdentityProvider(McpServer server, IdentityProvider provider, Subject subject) {
			this.server = server;
			this.provider = provider;
			this.subject = subject;
		}

		@Override
		public Mono<GrantRequest> request(Mono<TokenAudience> target) {
			return this.subject.token()
				.flatMap((token) -> target.flatMap(
						(found) -> assertion(token, found).map((assertion) -> new GrantRequest(GrantType.JWT_BEARER,
								Map.of(ASSERTION, assertion), this.server.oauth().tokenParameters(), found))));
		}

		private Mono<Secret> assertion(SubjectToken user, TokenAudience target) {
			Map<String, String> parameters = Map.of("requested_token_type", ID_JAG, "audience", target.issuer(),
					"subject_token_type", user.type());
			return identityProvider(target)
				.map((at) -> new GrantRequest(GrantType.TOKEN_EXCHANGE, Map.of("subject_token", user.token()),
						parameters, at))
				.flatMap((request) -> GrantCredentialFactory.this.endpoints.token()
					.request(this.server, request, client()))
				.map((issued) -> assertion(issued));
		}

		private Secret assertion(Grant issued) {
			Object type = issued.additional().get(Grant.ISSUED_TOKEN_TYPE);
			if (type != null && !ID_JAG.equals(type)) {
				throw new UnusableException("The identity provider %s issued a token of type %s instead of %s"
					.formatted(UntrustedText.quote(issued.issuer()), UntrustedText.quote(type.toString()), ID_JAG));
			}
			return issued.accessToken();
		}

		/**
		 * The token endpoint of the identity provider, with the resource and scopes that
		 * are wanted of the authorization server.
		 */
		private Mono<TokenAudience> identityProvider(TokenAudience target) {
			URI endpoint = this.provider.tokenEndpoint();
			String issuer = this.provider.issuer();
			if (endpoint != null) {
				return Mono.just(at((issuer != null) ? issuer : endpoint.toString(), endpoint, List.of(), target));
			}
			return GrantCredentialFactory.this.endpoints.discovery()
				.metadata(this.server, String.valueOf(issuer))
				.map((metadata) -> at(metadata.issuer(), metadata.tokenEndpoint(), metadata.authMethods(), target));
		}

		private TokenAudience at(String issuer, URI endpoint, List<String> authMethods, TokenAudience target) {
			return new TokenAudience(issuer, endpoint, authMethods, target.resource(),
					this.provider.scopes().isEmpty() ? target.scopes() : this.provider.scopes(), null);
		}

		private OAuthClient client() {
			return OAuthClient.of(this.provider);
		}

		@Override
		public Object stamp() {
			SigningKey signingKey = this.provider.client().signingKey();
			Path key = (signingKey != null) ? signingKey.file() : null;
			return List.of(this.subject.stamp(), SecretFile.stamp(key));
		}

	}

}
