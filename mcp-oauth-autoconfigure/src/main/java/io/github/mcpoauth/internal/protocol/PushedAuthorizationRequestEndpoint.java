// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;

import com.nimbusds.oauth2.sdk.PushedAuthorizationRequest;
import com.nimbusds.oauth2.sdk.ResponseType;
import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import com.nimbusds.oauth2.sdk.id.ClientID;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.protocol.EndpointRequest.Endpoint;
import io.github.mcpoauth.internal.protocol.EndpointRequest.Sender;
import io.github.mcpoauth.internal.text.UntrustedText;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * The pushed authorization request endpoint (RFC 9126, section 2). The parameters of an
 * authorization request go there directly, and the browser takes a reference to them
 * along instead.
 */
public final class PushedAuthorizationRequestEndpoint {

	private static final String REQUIRED = "require_pushed_authorization_requests";

	private static final String CLIENT_ID = "client_id";

	private static final String REQUEST_URI = "request_uri";

	private static final int LONGEST_REFERENCE = 2048;

	private final Transport transport;

	private final Clock clock;

	/**
	 * Create the endpoint.
	 * @param clients the clients to send with
	 * @param settings bounds of an exchange
	 * @param clock says when a request is sent
	 */
	public PushedAuthorizationRequestEndpoint(AuthorizationWebClients clients, ProtocolSettings settings, Clock clock) {
		this.transport = new Transport(clients, settings, clock);
		this.clock = clock;
	}

	/**
	 * Whether authorization requests have to be pushed.
	 * @param metadata metadata of the authorization server
	 * @param client the client
	 * @return {@code true} if the metadata say so (RFC 9126, section 5), or the
	 * registration of the client (section 6)
	 */
	public static boolean isRequired(AuthorizationServerMetadata metadata, OAuthClient client) {
		return Members.flag(metadata.members(), REQUIRED) || Members.flag(client.additional(), REQUIRED);
	}

	/**
	 * Push an authorization request. The client authenticates as at the token endpoint.
	 * May be repeated for the same request: each answer is another reference to it.
	 * @param server the MCP server to get access to
	 * @param metadata validated metadata of the authorization server
	 * @param request the complete request
	 * @param client the client
	 * @return a mono with the request for the browser and its expiry. Fails with
	 * {@link UnusableException} when the metadata name no such endpoint, its address is
	 * not acceptable or its answer has no {@code request_uri}, and as the monos of the
	 * {@link TokenEndpoint} do
	 */
	public Mono<Pushed> push(McpServer server, AuthorizationServerMetadata metadata, AuthorizationRequest request,
			OAuthClient client) {
		return Mono.defer(() -> {
			URI endpoint = metadata.pushedAuthorizationRequestEndpoint();
			if (endpoint == null) {
				throw new UnusableException(
						"The authorization server %s requires pushed authorization requests and does not say where its 'pushed_authorization_request_endpoint' is"
							.formatted(UntrustedText.quote(metadata.issuer())));
			}
			String method = ClientAuthentications.method(client, metadata.authMethods());
			Instant sentAt = this.clock.instant();
			return this.transport
				.exchange(new EndpointRequest(server,
						new Endpoint("pushed authorization request endpoint", endpoint, metadata.issuer()),
						new Sender(client, method), List.of(request.state()),
						(uri, authentication) -> content(uri, request, client, authentication)))
				.map((answer) -> read(answer, request, client, sentAt));
		});
	}

	private static HTTPRequest content(URI uri, AuthorizationRequest request, OAuthClient client,
			@Nullable ClientAuthentication authentication) {
		var pushed = new com.nimbusds.oauth2.sdk.AuthorizationRequest.Builder(ResponseType.CODE,
				new ClientID(client.clientId()));
		request.parameters().forEach((name, values) -> {
			if (!"response_type".equals(name) && !CLIENT_ID.equals(name)) {
				// Not parsed, so that each is sent byte for byte
				pushed.customParameter(name, values.toArray(String[]::new));
			}
		});
		return ((authentication != null) ? new PushedAuthorizationRequest(uri, authentication, pushed.build())
				: new PushedAuthorizationRequest(uri, pushed.build()))
			.toHTTPRequest();
	}

	private static Pushed read(OAuthResponse answer, AuthorizationRequest request, OAuthClient client, Instant sentAt) {
		Map<String, Object> members = answer.members();
		if (!answer.isSuccess() || members == null || members.get("error") != null) {
			throw answer.failureOfClient();
		}
		URI reference = Members.uri(members, REQUEST_URI);
		if (reference == null || reference.toString().length() > LONGEST_REFERENCE) {
			throw new UnusableException(
					"%s answered %d without a usable request_uri".formatted(answer.from(), answer.status()));
		}
		Duration lifetime = Members.seconds(members, "expires_in");
		return new Pushed(
				request.withParameters(
						Map.of(CLIENT_ID, List.of(client.clientId()), REQUEST_URI, List.of(reference.toString()))),
				(lifetime != null) ? sentAt.plus(lifetime) : null);
	}

	/**
	 * A request whose parameters the authorization server has.
	 *
	 * @param request the request, with only {@code client_id} and {@code request_uri} for
	 * the browser
	 * @param expiresAt when the browser can no longer be sent there, {@code null} if the
	 * server does not say
	 */
	public record Pushed(AuthorizationRequest request, @Nullable Instant expiresAt) {

	}

}
