// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.actuate;

import io.github.mcpoauth.McpOAuthException;
import io.github.mcpoauth.actuate.McpOAuthEndpoint.Action;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.boot.actuate.endpoint.OperationResponseBody;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.EndpointWebExtension;

/**
 * {@link EndpointWebExtension @EndpointWebExtension} for the {@link McpOAuthEndpoint}:
 * maps failures to HTTP status codes.
 * <p>
 * Its operations block, as only such an operation can choose a status in servlet and in
 * reactive applications. Spring Boot runs it on a servlet's thread in the former and on a
 * bounded elastic one in the latter.
 */
@EndpointWebExtension(endpoint = McpOAuthEndpoint.class)
public final class McpOAuthEndpointWebExtension {

	private final McpOAuthEndpoint delegate;

	/**
	 * Create the extension.
	 * @param delegate the endpoint
	 */
	public McpOAuthEndpointWebExtension(McpOAuthEndpoint delegate) {
		this.delegate = delegate;
	}

	/**
	 * As {@link McpOAuthEndpoint#server(String, String)}.
	 * @param server name of the server
	 * @param principal owner of the grant
	 * @return the answer
	 */
	@ReadOperation
	public WebEndpointResponse<OperationResponseBody> server(@Selector String server, @Nullable String principal) {
		return answer(this.delegate.server(server, principal));
	}

	/**
	 * As {@link McpOAuthEndpoint#perform}.
	 * @param server name of the server
	 * @param action the action
	 * @param redirect the URL that the browser was redirected to
	 * @param flow the login that is meant
	 * @param device whether the user confirms a code on another device
	 * @param principal owner of the grant
	 * @return the answer
	 */
	@WriteOperation
	public WebEndpointResponse<OperationResponseBody> perform(@Selector String server, @Selector Action action,
			@Nullable String redirect, @Nullable String flow, @Nullable Boolean device, @Nullable String principal) {
		return answer(this.delegate.perform(server, action, redirect, flow, device, principal));
	}

	/**
	 * As {@link McpOAuthEndpoint#remove(String, String)}.
	 * @param server name of the server
	 * @param principal owner of the grant
	 * @return the answer
	 */
	@DeleteOperation
	public WebEndpointResponse<OperationResponseBody> remove(@Selector String server, @Nullable String principal) {
		return answer(this.delegate.remove(server, principal));
	}

	/**
	 * Wait for an outcome.
	 * @param outcome the outcome
	 * @return the answer, with the status of the failure if it failed
	 */
	static WebEndpointResponse<OperationResponseBody> answer(Mono<? extends OperationResponseBody> outcome) {
		try {
			return new WebEndpointResponse<>(outcome.block());
		}
		catch (McpOAuthException ex) {
			return failure(ex, ex.getStatusCode().value());
		}
		catch (IllegalArgumentException ex) {
			return failure(ex, WebEndpointResponse.STATUS_BAD_REQUEST);
		}
	}

	private static WebEndpointResponse<OperationResponseBody> failure(RuntimeException failure, int status) {
		return new WebEndpointResponse<>(new FailureDescriptor(String.valueOf(failure.getMessage())), status);
	}

	/**
	 * A failure.
	 *
	 * @param error the failure and its remedy
	 */
	public record FailureDescriptor(String error) implements OperationResponseBody {

	}

}
