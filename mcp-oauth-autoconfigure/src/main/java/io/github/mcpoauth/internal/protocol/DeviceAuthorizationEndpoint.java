// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

import com.nimbusds.oauth2.sdk.Scope;
import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.device.DeviceAuthorizationRequest;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.id.ClientID;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.protocol.EndpointRequest.Endpoint;
import io.github.mcpoauth.internal.protocol.EndpointRequest.Sender;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The device authorization endpoint (RFC 8628, section 3.1).
 */
public final class DeviceAuthorizationEndpoint {

	/**
	 * The default polling interval (RFC 8628, section 3.2).
	 */
	static final Duration DEFAULT_INTERVAL = Duration.ofSeconds(5);

	private static final Duration SHORTEST_INTERVAL = Duration.ofSeconds(1);

	private static final Duration DEFAULT_LIFETIME = Duration.ofMinutes(10);

	/**
	 * Upper limit for a login: ample to type a code, however long the server would wait.
	 */
	private static final Duration LONGEST_LIFETIME = Duration.ofHours(1);

	/**
	 * It is shown on a terminal.
	 */
	private static final Pattern USER_CODE = Pattern.compile("[\\x21-\\x7E]([\\x20-\\x7E]{0,62}[\\x21-\\x7E])?");

	private static final Pattern DEVICE_CODE = Pattern.compile("[\\x20-\\x7E]+");

	private final Transport transport;

	private final UrlPolicy urlPolicy;

	private final Clock clock;

	/**
	 * Create the endpoint.
	 * @param clients the clients to send with
	 * @param settings bounds of an exchange
	 * @param clock says when a request is sent
	 */
	public DeviceAuthorizationEndpoint(AuthorizationWebClients clients, ProtocolSettings settings, Clock clock) {
		this.transport = new Transport(clients, settings, clock);
		this.urlPolicy = new UrlPolicy(settings);
		this.clock = clock;
	}

	/**
	 * Ask for a code that a user can confirm on another device.
	 * @param server the MCP server it is about
	 * @param metadata metadata of the authorization server
	 * @param client the client
	 * @param audience the endpoint that will exchange the device code, and the scope to
	 * request
	 * @return a mono with the codes. Their expiry counts from before the request was
	 * sent, and is at most an hour away. Fails with {@link UnusableException} when the
	 * server has no such endpoint or answers with addresses or codes that cannot be
	 * shown, and as the monos of the {@link TokenEndpoint} do
	 */
	public Mono<DeviceAuthorization> authorize(McpServer server, AuthorizationServerMetadata metadata,
			OAuthClient client, TokenAudience audience) {
		return Mono.defer(() -> {
			URI endpoint = metadata.deviceAuthorizationEndpoint();
			if (endpoint == null) {
				throw new UnusableException("The authorization server %s has no 'device_authorization_endpoint'"
					.formatted(UntrustedText.quote(metadata.issuer())));
			}
			String method = ClientAuthentications.method(client, audience.authMethods());
			Instant sentAt = this.clock.instant();
			return this.transport
				.exchange(new EndpointRequest(server,
						new Endpoint("device authorization endpoint", endpoint, metadata.issuer()),
						new Sender(client, method), List.of(),
						(uri, authentication) -> content(uri, client, authentication, audience)))
				.map((answer) -> read(server, answer, sentAt, audience));
		});
	}

	private static HTTPRequest content(URI uri, OAuthClient client, @Nullable ClientAuthentication authentication,
			TokenAudience audience) {
		DeviceAuthorizationRequest.Builder request = (authentication != null)
				? new DeviceAuthorizationRequest.Builder(authentication)
				: new DeviceAuthorizationRequest.Builder(new ClientID(client.clientId()));
		request.endpointURI(uri);
		if (!audience.scopes().isEmpty()) {
			request.scope(new Scope(audience.scopes().toArray(String[]::new)));
		}
		if (audience.resource() != null) {
			request.customParameter("resource", audience.resource());
		}
		return request.build().toHTTPRequest();
	}

	private DeviceAuthorization read(McpServer server, OAuthResponse answer, Instant sentAt, TokenAudience audience) {
		Map<String, Object> members = answer.members();
		if (!answer.isSuccess() || members == null || members.get("error") != null) {
			throw answer.failureOfClient();
		}
		String deviceCode = Members.text(members, "device_code");
		String userCode = Members.text(members, "user_code");
		String uri = Members.text(members, "verification_uri");
		if (uri == null) {
			// The name in the drafts
			uri = Members.text(members, "verification_url");
		}
		if (deviceCode == null || !DEVICE_CODE.matcher(deviceCode).matches() || userCode == null
				|| !USER_CODE.matcher(userCode.strip()).matches() || uri == null) {
			throw new UnusableException("%s answered %d without a usable device_code, user_code or verification_uri"
				.formatted(answer.from(), answer.status()));
		}
		Login.UserCode shown = new Login.UserCode(userCode.strip(),
				this.urlPolicy.check(server, "The verification URI", uri),
				complete(server, Members.text(members, "verification_uri_complete")));
		return new DeviceAuthorization(Secret.of(deviceCode), shown, sentAt.plus(lifetime(members)), interval(members),
				audience);
	}

	private @Nullable URI complete(McpServer server, @Nullable String uri) {
		try {
			return (uri != null) ? this.urlPolicy.check(server, "The complete verification URI", uri) : null;
		}
		catch (UnusableException ex) {
			// One can do without
			return null;
		}
	}

	private static Duration lifetime(Map<String, Object> members) {
		Duration lifetime = Members.seconds(members, "expires_in");
		if (lifetime == null) {
			return DEFAULT_LIFETIME;
		}
		return (lifetime.compareTo(LONGEST_LIFETIME) > 0) ? LONGEST_LIFETIME : lifetime;
	}

	private static Duration interval(Map<String, Object> members) {
		Duration interval = Members.seconds(members, "interval");
		if (interval == null) {
			return (members.get("interval") != null) ? SHORTEST_INTERVAL : DEFAULT_INTERVAL;
		}
		return (interval.compareTo(LONGEST_LIFETIME) > 0) ? LONGEST_LIFETIME : interval;
	}

}
