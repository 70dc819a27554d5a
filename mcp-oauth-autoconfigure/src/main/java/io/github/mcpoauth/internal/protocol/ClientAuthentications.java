// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.auth.ClientSecretBasic;
import com.nimbusds.oauth2.sdk.auth.ClientSecretPost;
import com.nimbusds.oauth2.sdk.auth.PrivateKeyJWT;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.id.ClientID;
import com.nimbusds.oauth2.sdk.util.URLUtils;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.protocol.EndpointRequest.Sender;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Authenticates a client at its authorization server (RFC 6749, section 2.3; RFC 7591,
 * section 2).
 */
final class ClientAuthentications {

	/**
	 * Name of the additional member of a grant that says how the client authenticated, so
	 * that a refresh does it in the same way without a look at the metadata.
	 */
	static final String MEMBER = "token_endpoint_auth_method";

	/**
	 * Name of the additional member of a grant that says that the server asked for the
	 * client identifier in the body beside HTTP Basic.
	 */
	static final String NAMED = "client_id_in_body";

	static final String NONE = "none";

	static final String CLIENT_SECRET_BASIC = "client_secret_basic";

	static final String CLIENT_SECRET_POST = "client_secret_post";

	static final String PRIVATE_KEY_JWT = "private_key_jwt";

	private ClientAuthentications() {
	}

	/**
	 * The method a client uses.
	 * @param client the client; its own method takes precedence over the list, because a
	 * registration or the configuration chose it
	 * @param supported the methods that the authorization server lists, in its order;
	 * empty for the default of RFC 8414
	 * @return the name of the method
	 */
	static String method(OAuthClient client, List<String> supported) {
		if (client.tokenEndpointAuthMethod() != null) {
			return client.tokenEndpointAuthMethod();
		}
		if (client.signingKey() != null) {
			return PRIVATE_KEY_JWT;
		}
		if (client.clientSecret() == null) {
			return NONE;
		}
		if (supported.isEmpty() || supported.contains(CLIENT_SECRET_BASIC)) {
			return CLIENT_SECRET_BASIC;
		}
		if (supported.contains(CLIENT_SECRET_POST)) {
			return CLIENT_SECRET_POST;
		}
		return supported.contains(NONE) ? NONE : CLIENT_SECRET_BASIC;
	}

	/**
	 * The method a client uses for a grant it has.
	 * @param client the client
	 * @param grant the grant, which may remember it
	 * @param supported the methods that the authorization server lists, empty if not
	 * known
	 * @return the name of the method
	 */
	static String method(OAuthClient client, Grant grant, List<String> supported) {
		if (client.tokenEndpointAuthMethod() == null && grant.additional().get(MEMBER) instanceof String method) {
			return method;
		}
		return method(client, supported);
	}

	/**
	 * Credentials of one authorization server are not for another to see.
	 * @param client the client
	 * @param issuer the issuer that would see it, {@code null} if not known
	 * @throws UnusableException if the client is another's
	 */
	static void requireIssuer(OAuthClient client, @Nullable String issuer) {
		if (client.issuer() != null && issuer != null && !client.issuer().equals(issuer)) {
			throw new UnusableException("The client %s is known to the authorization server %s and is not used at %s"
				.formatted(UntrustedText.quote(client.clientId()), UntrustedText.quote(client.issuer()),
						UntrustedText.quote(issuer)));
		}
	}

	/**
	 * Tokens of one authorization server are not for another to see.
	 * @param grant the grant
	 * @param issuer the issuer that would see it
	 * @throws UnusableException if the grant is another's
	 */
	static void requireIssuer(Grant grant, String issuer) {
		if (grant.issuer() != null && !grant.issuer().equals(issuer)) {
			throw new UnusableException("The grant is of the authorization server %s and is not shown to %s"
				.formatted(UntrustedText.quote(grant.issuer()), UntrustedText.quote(issuer)));
		}
	}

	/**
	 * Authenticate for one request.
	 * @param client the client
	 * @param method the method to use
	 * @param endpoint where the request goes
	 * @param issuer issuer of the authorization server, which a signed assertion names as
	 * its audience; {@code null} if not known, which makes that the endpoint
	 * @param now when a signed assertion is issued
	 * @return the authentication, {@code null} if the client just says its identifier
	 * @throws UnusableException if the method is not supported, or needs a secret or key
	 * that is not there
	 * @throws UnavailableException if the key cannot be read
	 */
	private static @Nullable ClientAuthentication authenticate(OAuthClient client, String method, URI endpoint,
			@Nullable String issuer, Instant now) {
		return switch (method) {
			case NONE -> null;
			case CLIENT_SECRET_BASIC ->
				new ClientSecretBasic(new ClientID(client.clientId()), secret(client, method, endpoint));
			case CLIENT_SECRET_POST ->
				new ClientSecretPost(new ClientID(client.clientId()), secret(client, method, endpoint));
			case PRIVATE_KEY_JWT -> key(client, method, endpoint, now).sign(client.clientId(),
					(issuer != null) ? issuer : endpoint.toString(), now);
			default -> throw new UnusableException(
					"The client %s would have to authenticate at %s with %s, which is not supported. Supported are %s, %s, %s and %s"
						.formatted(UntrustedText.quote(client.clientId()), UntrustedText.quote(endpoint.toString()),
								UntrustedText.quote(method), CLIENT_SECRET_BASIC, CLIENT_SECRET_POST, PRIVATE_KEY_JWT,
								NONE));
		};
	}

	/**
	 * Authenticate for one request, without blocking.
	 * @param client the client
	 * @param method the method to use
	 * @param endpoint where the request goes
	 * @param issuer issuer of the authorization server, {@code null} if not known
	 * @param clock the clock
	 * @param scheduler threads that may read the file of a key
	 * @return a mono with the authentication, or nothing if the client just says its
	 * identifier. Fails as {@link #authenticate} does
	 */
	static Mono<Optional<ClientAuthentication>> authentication(OAuthClient client, String method, URI endpoint,
			@Nullable String issuer, Clock clock, Scheduler scheduler) {
		Mono<Optional<ClientAuthentication>> authentication = Mono
			.fromCallable(() -> Optional.ofNullable(authenticate(client, method, endpoint, issuer, clock.instant())));
		boolean reads = client.signingKey() != null && client.signingKey().file() != null;
		return reads ? authentication.subscribeOn(scheduler) : authentication;
	}

	/**
	 * Name the client beside its assertion. That says it already, so the parameter is
	 * optional (RFC 7521, section 4.2), but there are servers that look for the client by
	 * it, Spring Authorization Server among them.
	 * @param http the request, with its body
	 * @param sender the client, or {@code null}
	 * @param authentication the authentication of the client, or {@code null}
	 * @return the request
	 */
	static HTTPRequest identified(HTTPRequest http, @Nullable Sender sender,
			@Nullable ClientAuthentication authentication) {
		boolean beside = sender != null && sender.named() && authentication instanceof ClientSecretBasic;
		if (sender != null && (beside || authentication instanceof PrivateKeyJWT)
				&& !URLUtils.parseParameters(http.getBody()).containsKey("client_id")) {
			http.setBody("%s&client_id=%s".formatted(http.getBody(),
					URLEncoder.encode(sender.client().clientId(), StandardCharsets.UTF_8)));
		}
		return http;
	}

	private static ClientKey key(OAuthClient client, String method, URI endpoint, Instant now) {
		if (client.signingKey() == null) {
			throw new UnusableException("The client %s has no key to authenticate at %s with %s"
				.formatted(UntrustedText.quote(client.clientId()), UntrustedText.quote(endpoint.toString()), method));
		}
		return ClientKey.read(client.signingKey(), now);
	}

	private static com.nimbusds.oauth2.sdk.auth.Secret secret(OAuthClient client, String method, URI endpoint) {
		Secret secret = client.clientSecret();
		if (secret == null) {
			throw new UnusableException("The client %s has no secret to authenticate at %s with %s"
				.formatted(UntrustedText.quote(client.clientId()), UntrustedText.quote(endpoint.toString()), method));
		}
		return new com.nimbusds.oauth2.sdk.auth.Secret(secret.reveal());
	}

}
