/*
 * Copyright 2026 the original author or authors.
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *      https://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

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
import io.github.mcpoauth.McpOAuthManager;

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
		Login login = Objects.requireNonNull(manager.login(key, LoginRequest.withoutBrowser()).block(PATIENCE));
		HttpRequest request = HttpRequest.newBuilder(Objects.requireNonNull(login.authorizationUrl())).build();
		HttpClient.newBuilder()
			.followRedirects(HttpClient.Redirect.ALWAYS)
			.build()
			.send(request, HttpResponse.BodyHandlers.discarding());
		login.completion().block(PATIENCE);
	}

}
