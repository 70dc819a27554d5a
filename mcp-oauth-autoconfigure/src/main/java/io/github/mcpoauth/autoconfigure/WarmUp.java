// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.autoconfigure;

import java.net.URI;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLException;

import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.OAuthSettings;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.internal.protocol.AuthorizationWebClients;
import io.github.mcpoauth.internal.store.memory.InMemoryTokenStore;
import io.github.mcpoauth.internal.store.record.GrantDocument;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.McpOAuthManager;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.DisposableBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.event.ApplicationReadyEvent;
import org.springframework.context.ApplicationListener;
import org.springframework.core.NativeDetector;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.ClientResponse;
import org.springframework.web.reactive.function.client.WebClient;

/**
 * Loads the classes of a refresh after the application has started, on a thread of low
 * priority, so that the first refresh does not have to. It refreshes a made-up grant
 * whose store and token endpoint are in memory: nothing is sent, and no stored token is
 * read.
 */
final class WarmUp implements ApplicationListener<ApplicationReadyEvent>, DisposableBean {

	private static final Log logger = LogFactory.getLog(WarmUp.class);

	private static final Duration LONGEST = Duration.ofSeconds(30);

	private static final String ANSWER = """
			{"access_token":"new","token_type":"Bearer","expires_in":3600,"refresh_token":"next","scope":"a"}""";

	private final ObjectProvider<McpOAuthConfiguration> configuration;

	private final ObjectProvider<PrivateWebClients> webClients;

	// Written by the thread that starts the application, read by the one that closes it
	private volatile @Nullable Thread thread;

	// An interruption alone may be consumed by what is waited for
	private volatile boolean closed;

	WarmUp(ObjectProvider<McpOAuthConfiguration> configuration, ObjectProvider<PrivateWebClients> webClients) {
		this.configuration = configuration;
		this.webClients = webClients;
	}

	@Override
	@SuppressWarnings("ThreadPriorityCheck") // nothing waits for this thread
	public void onApplicationEvent(ApplicationReadyEvent event) {
		McpOAuthConfiguration configuration = this.configuration.getIfAvailable();
		if (this.thread != null || configuration == null || configuration.servers().isEmpty()
				|| NativeDetector.inNativeImage()) {
			return;
		}
		boolean tls = configuration.servers()
			.stream()
			.anyMatch((server) -> "https".equalsIgnoreCase(server.url().getScheme()));
		Thread thread = new Thread(() -> run(tls), "mcp-oauth-warm-up");
		thread.setDaemon(true);
		thread.setPriority(Thread.MIN_PRIORITY);
		this.thread = thread;
		thread.start();
	}

	@Override
	public void destroy() {
		this.closed = true;
		Thread thread = this.thread;
		if (thread != null) {
			// It is a daemon and holds nothing that others wait for
			thread.interrupt();
		}
	}

	private void run(boolean tls) {
		step(WarmUp::refresh);
		step(this::connect);
		if (tls) {
			step(WarmUp::handshake);
		}
	}

	/**
	 * A step that fails here fails again where it is needed, and is reported there.
	 */
	private void step(Step step) {
		if (this.closed) {
			return;
		}
		try {
			step.run();
		}
		catch (Exception | LinkageError ex) {
			logger.debug("Classes of a refresh were not loaded beforehand", ex);
		}
	}

	private static void refresh() throws MalformedRecordException {
		McpServer server = new McpServer("mcp-oauth-warm-up", URI.create("https://mcp.example.com/mcp"),
				OAuthSettings.builder().clientId("client").build());
		Grant grant = Grant.with(Secret.of("old"))
			.refreshToken(Secret.of("first"))
			.issuedAt(Instant.EPOCH)
			.expiresAt(Instant.EPOCH)
			.clientId("client")
			.tokenEndpoint(URI.create("https://mcp.example.com/token"))
			.generation(1)
			.build();
		Grant stored = GrantDocument.parse(GrantDocument.render(grant), Instant.EPOCH).grant();
		AuthorizationWebClients clients = (unused) -> WebClient.builder()
			.exchangeFunction((request) -> Mono.just(ClientResponse.create(HttpStatus.OK)
				.header(HttpHeaders.CONTENT_TYPE, MediaType.APPLICATION_JSON_VALUE)
				.body(ANSWER)
				.build()))
			.build();
		try (WorkThreads threads = WorkThreads.platform()) {
			InMemoryTokenStore store = new InMemoryTokenStore(threads);
			store.save(server.key(), stored, null).block(LONGEST);
			try (McpOAuthManager manager = McpOAuthManager.builder()
				.server(server)
				.store(store)
				.webClients(clients)
				.threads(threads)
				.build()) {
				manager.provider(server.key()).token().block(LONGEST);
			}
		}
	}

	private void connect() {
		PrivateWebClients clients = this.webClients.getIfAvailable();
		if (clients != null && this.closed) {
			// Made after the context ended all others
			clients.close();
		}
		else if (clients != null) {
			clients.warmUp();
		}
	}

	/**
	 * Begin a handshake that is not sent, which also reads the trusted certificates of
	 * the JDK.
	 */
	private static void handshake() throws GeneralSecurityException, SSLException {
		SSLEngine engine = SSLContext.getDefault().createSSLEngine("mcp.example.com", 443);
		engine.setUseClientMode(true);
		engine.beginHandshake();
		engine.wrap(ByteBuffer.allocate(0), ByteBuffer.allocate(engine.getSession().getPacketBufferSize()));
	}

	/**
	 * One part of the work.
	 */
	private interface Step {

		void run() throws Exception;

	}

}
