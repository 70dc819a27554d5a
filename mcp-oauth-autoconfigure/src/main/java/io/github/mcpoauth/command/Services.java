// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.command;

import java.io.InputStream;
import java.time.Clock;

import javax.net.ssl.SSLSocketFactory;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpOAuthProvider;
import io.github.mcpoauth.internal.client.ClientMetadata;
import io.github.mcpoauth.internal.client.ClientMetadataFetch;
import io.github.mcpoauth.internal.question.QuestionRegistry;
import io.github.mcpoauth.manager.GrantImporter;
import io.github.mcpoauth.manager.McpOAuthManager;
import io.github.mcpoauth.session.McpToolClient;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.http.client.HttpClientSettings;
import org.springframework.boot.ssl.SslBundle;

/**
 * The services of the application that commands use. They are created on first use.
 *
 * @param beans the application's beans
 * @param in input of the user or of another program
 * @param clock the clock
 */
record Services(ListableBeanFactory beans, InputStream in, Clock clock) {

	private static final String NO_SDK = "This needs mcp-core 2.0 or newer of the MCP SDK, which this application does not have. "
			+ "Depend on mcp-oauth-starter, or add mcp-core, mcp-json-jackson3 and mcp-spring-webflux";

	McpOAuthManager manager() {
		return this.beans.getBean(McpOAuthManager.class);
	}

	McpOAuthProvider provider(GrantKey key) {
		return manager().provider(key);
	}

	/**
	 * The client that calls tools.
	 * @return the client
	 * @throws CommandException if the MCP SDK is not on the classpath
	 */
	McpToolClient tools() {
		return available(this.beans.getBeanProvider(McpToolClient.class), NO_SDK);
	}

	/**
	 * The questions of servers.
	 * @return the questions, which have no effect in an application without them
	 */
	QuestionRegistry questions() {
		return this.beans.getBeanProvider(QuestionRegistry.class).getIfAvailable(QuestionRegistry::unanswered);
	}

	/**
	 * The importer of other agents' logins.
	 * @return the importer
	 * @throws CommandException if it is not available
	 */
	GrantImporter importer() {
		return available(this.beans.getBeanProvider(GrantImporter.class),
				"This application cannot import: it has no GrantImporter");
	}

	/**
	 * The sockets for TLS, with the certificates that the application's HTTP clients
	 * trust.
	 * @return the factory
	 */
	SSLSocketFactory sslSockets() {
		HttpClientSettings settings = this.beans.getBeanProvider(HttpClientSettings.class).getIfAvailable();
		SslBundle bundle = (settings != null) ? settings.sslBundle() : null;
		return (bundle != null) ? bundle.createSslContext().getSocketFactory()
				: (SSLSocketFactory) SSLSocketFactory.getDefault();
	}

	/**
	 * The application as a client that identifies itself by a document.
	 * @return the client
	 */
	ClientMetadata clientMetadata() {
		return this.beans.getBean(ClientMetadata.class);
	}

	/**
	 * Fetches such documents.
	 * @return the service
	 */
	ClientMetadataFetch clientMetadataFetch() {
		return this.beans.getBean(ClientMetadataFetch.class);
	}

	private static <T> T available(ObjectProvider<T> provider, String message) {
		return provider.getIfAvailable(() -> {
			throw new CommandException(ExitCode.FAILED, message);
		});
	}

}
