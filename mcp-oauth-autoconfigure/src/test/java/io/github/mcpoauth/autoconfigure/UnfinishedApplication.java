// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.internal.login.LoginSettings;
import io.github.mcpoauth.internal.manager.ManagerSettings;
import io.github.mcpoauth.internal.protocol.ProtocolSettings;
import io.github.mcpoauth.internal.refresh.RefreshSettings;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.principal.PrincipalCacheSettings;
import io.github.mcpoauth.testing.BusySchedulers;

/**
 * Exits as a fork of the tests does after a test that failed: with a manager that is not
 * closed, a refresh that waits for its answer, and shared threads that are busy.
 */
public final class UnfinishedApplication {

	private UnfinishedApplication() {
	}

	/**
	 * Begin a refresh, and exit once the test says so.
	 * @param args directory of the grants
	 * @throws Exception if there is no answer
	 */
	public static void main(String[] args) throws Exception {
		// Longer than the test waits for the end of this process
		ProtocolSettings patient = new ProtocolSettings(Duration.ofMinutes(10),
				ProtocolSettings.DEFAULT_DISCOVERY_TIMEOUT, ProtocolSettings.DEFAULT_MAX_BODY, false);
		McpOAuthManager manager = McpOAuthManager.builder()
			.server(McpServer.of("demo", URI.create(System.getProperty("test.url"))))
			.directory(Path.of(args[0]))
			.settings(new ManagerSettings(patient, RefreshSettings.defaults(), LoginSettings.defaults(),
					PrincipalCacheSettings.defaults(), ManagerSettings.defaults().cleanup()))
			.build();
		manager.provider(GrantKey.of("demo")).refresh(null).subscribe();
		Objects.requireNonNull(BusySchedulers.fill());
		HttpClient.newHttpClient()
			.send(HttpRequest.newBuilder(URI.create(System.getProperty("test.control")).resolve("/refreshing")).build(),
					HttpResponse.BodyHandlers.discarding());
		System.exit(0);
	}

}
