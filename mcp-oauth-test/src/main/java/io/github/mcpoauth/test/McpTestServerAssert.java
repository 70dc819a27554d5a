// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.test;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Predicate;

import io.github.mcpoauth.test.McpTestServer.ReceivedRequest;
import io.github.mcpoauth.test.McpTestServer.Token;
import org.assertj.core.api.AbstractAssert;

/**
 * Assertions on what a {@link McpTestServer} received since the test began. A login that
 * {@link McpTestServers} made to prepare the test does not count.
 */
public final class McpTestServerAssert extends AbstractAssert<McpTestServerAssert, McpTestServer> {

	McpTestServerAssert(McpTestServer actual) {
		super(actual, McpTestServerAssert.class);
	}

	/**
	 * At least one request had a live access token.
	 * @return this
	 */
	public McpTestServerAssert receivedToken() {
		return any("a request with a live access token", (request) -> request.token() == Token.LIVE);
	}

	/**
	 * At least one request had a live access token of a user.
	 * @param principal the user
	 * @return this
	 */
	public McpTestServerAssert receivedTokenOf(String principal) {
		return any("a request with a live access token of '%s'".formatted(principal),
				(request) -> principal.equals(request.principal()));
	}

	/**
	 * No request had an access token of a user.
	 * @param principal the user
	 * @return this
	 */
	public McpTestServerAssert receivedNoTokenOf(String principal) {
		return none("a request with a live access token of '%s'".formatted(principal),
				(request) -> principal.equals(request.principal()));
	}

	/**
	 * No request had credentials, neither live nor rejected ones.
	 * @return this
	 */
	public McpTestServerAssert receivedNoToken() {
		return none("a request with credentials", (request) -> request.token() != Token.NONE);
	}

	/**
	 * A tool was called, and the call was accepted.
	 * @param tool name of the tool
	 * @return this
	 */
	public McpTestServerAssert receivedToolCall(String tool) {
		return any("an accepted call of the tool '%s'".formatted(tool),
				(request) -> tool.equals(request.tool()) && request.status() == 200);
	}

	/**
	 * A tool was called with arguments, and the call was accepted.
	 * @param tool name of the tool
	 * @param arguments all of its arguments
	 * @return this
	 */
	public McpTestServerAssert receivedToolCall(String tool, Map<String, ?> arguments) {
		return any("an accepted call of the tool '%s' with %s".formatted(tool, arguments),
				(request) -> tool.equals(request.tool()) && request.status() == 200
						&& request.arguments().equals(arguments));
	}

	/**
	 * No tool was called, or no call was accepted.
	 * @return this
	 */
	public McpTestServerAssert receivedNoToolCall() {
		return none("an accepted call of a tool", (request) -> request.tool() != null && request.status() == 200);
	}

	/**
	 * There was a number of requests with a refresh token, successful or not.
	 * @param count the number
	 * @return this
	 */
	public McpTestServerAssert receivedRefreshes(int count) {
		isNotNull();
		List<String> refreshes = this.actual.tokenRequests()
			.stream()
			.filter((request) -> "refresh_token".equals(request.grantType()))
			.map(McpTestServer.TokenRequest::outcome)
			.toList();
		if (refreshes.size() != count) {
			failWithMessage("Expected %s to have received %d refreshes, but it received %d: %s", this.actual, count,
					refreshes.size(), refreshes);
		}
		return this;
	}

	private McpTestServerAssert any(String expected, Predicate<ReceivedRequest> condition) {
		isNotNull();
		if (this.actual.requests().stream().noneMatch(condition)) {
			failWithMessage("Expected %s to have received %s, but it received: %s", this.actual, expected, received());
		}
		return this;
	}

	private McpTestServerAssert none(String unexpected, Predicate<ReceivedRequest> condition) {
		isNotNull();
		if (this.actual.requests().stream().anyMatch(condition)) {
			failWithMessage("Expected %s not to have received %s, but it received: %s", this.actual, unexpected,
					received());
		}
		return this;
	}

	private String received() {
		List<ReceivedRequest> requests = this.actual.requests();
		return requests.isEmpty() ? "nothing"
				: String.join("", requests.stream().map((request) -> "\n  " + Objects.toString(request)).toList());
	}

}
