// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.protocol;

import java.net.URI;
import java.util.List;

import com.nimbusds.oauth2.sdk.auth.ClientAuthentication;
import com.nimbusds.oauth2.sdk.http.HTTPRequest;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.OAuthClient;
import org.jspecify.annotations.Nullable;

/**
 * A POST to an endpoint of an authorization server.
 *
 * @param server the MCP server that the request is for
 * @param endpoint the endpoint
 * @param sender the client that authenticates, {@code null} for a request without a
 * client
 * @param secrets the secrets in the request, which no message may repeat
 * @param content builds the request, anew each time it is sent: proofs and assertions are
 * valid for one request only
 */
record EndpointRequest(McpServer server, Endpoint endpoint, @Nullable Sender sender, List<Secret> secrets,
		Content content) {

	/**
	 * An endpoint of an authorization server.
	 *
	 * @param name its name in messages, for example {@code token endpoint}
	 * @param uri its address
	 * @param issuer issuer of the authorization server, {@code null} if not known
	 */
	record Endpoint(String name, URI uri, @Nullable String issuer) {

	}

	/**
	 * The client that sends a request.
	 *
	 * @param client the client
	 * @param method the method it authenticates with
	 * @param named whether its identifier stands in the body too, beside HTTP Basic
	 */
	record Sender(OAuthClient client, String method, boolean named) {

		Sender(OAuthClient client, String method) {
			this(client, method, false);
		}

	}

	/**
	 * Builds a request.
	 */
	@FunctionalInterface
	interface Content {

		/**
		 * Build the request.
		 * @param uri the address it goes to
		 * @param authentication the authentication of the client, or {@code null}
		 * @return the request
		 */
		HTTPRequest at(URI uri, @Nullable ClientAuthentication authentication);

	}

}
