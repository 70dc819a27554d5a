// SPDX-License-Identifier: Apache-2.0
package io.github.mcpoauth.principal;

import java.net.URI;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.GrantType;
import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Supplies the assertions of a server with the grant type {@link GrantType#JWT_BEARER
 * jwt-bearer} (RFC 7523, section 2.1), for example the identity that a platform issues to
 * its workloads. To be declared as a bean where no file holds them.
 */
@FunctionalInterface
public interface AssertionSupplier {

	/**
	 * An assertion to send now. Asked for each time a token is needed, and never kept
	 * here.
	 * @param request the purpose of the assertion
	 * @return a mono with the assertion, empty if not available at present. An empty
	 * answer and a failure count as temporary: callers that wait for the grant fail, and
	 * the next question comes after a pause
	 */
	Mono<Secret> assertion(Request request);

	/**
	 * The purpose of an assertion.
	 *
	 * @param key the grant
	 * @param issuer issuer of the authorization server, the audience that most want
	 * @param tokenEndpoint where it is sent, the audience that others want
	 * @param resource identifier of the MCP server, {@code null} if not sent
	 */
	record Request(GrantKey key, String issuer, URI tokenEndpoint, @Nullable String resource) {

	}

}
