// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.Login;
import io.github.mcpoauth.LoginRequest;
import io.github.mcpoauth.manager.McpOAuthManager;

/**
 * Who logs in, at an authorization server that asks nothing.
 */
public final class TestPerson {

	private static final Duration PATIENCE = Duration.ofSeconds(30);

	private TestPerson() {
	}

	/**
	 * Log in, as with a browser.
	 */
	public static void logIn(McpOAuthManager manager, GrantKey key) throws IOException, InterruptedException {
		Login login = Objects
			.requireNonNull(manager.provider(key).login(LoginRequest.withoutBrowser()).block(PATIENCE));
		HttpRequest request = HttpRequest.newBuilder(Objects.requireNonNull(login.authorizationUrl())).build();
		HttpClient.newBuilder()
			.followRedirects(HttpClient.Redirect.ALWAYS)
			.build()
			.send(request, HttpResponse.BodyHandlers.discarding());
		login.completion().block(PATIENCE);
	}

}
