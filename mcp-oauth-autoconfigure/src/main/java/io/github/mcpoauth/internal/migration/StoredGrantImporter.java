// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.migration;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import io.github.mcpoauth.GrantKey;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.TokenStoreException;
import io.github.mcpoauth.grant.Grant;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.address.HttpAddress;
import io.github.mcpoauth.internal.text.FileFailure;
import io.github.mcpoauth.internal.work.WorkThreads;
import io.github.mcpoauth.manager.GrantImportException;
import io.github.mcpoauth.manager.GrantImporter;
import io.github.mcpoauth.store.CorruptRecordException;
import io.github.mcpoauth.store.StoredGrant;
import io.github.mcpoauth.store.TokenStore;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * Copies the logins of other agents into the store.
 */
public final class StoredGrantImporter implements GrantImporter {

	private static final Map<Source, ForeignStore> STORES = Map.of(Source.HERMES, new HermesStore(), Source.CODEX,
			new CodexStore(), Source.MCP_REMOTE, new McpRemoteStore());

	private final Supplier<Collection<McpServer>> servers;

	private final TokenStore store;

	private final Duration lockTimeout;

	private final WorkThreads threads;

	/**
	 * Create an importer.
	 * @param servers the servers there are now
	 * @param store where grants are kept
	 * @param lockTimeout how long to wait for the lock on a grant
	 * @param threads the threads that read files
	 */
	public StoredGrantImporter(Supplier<Collection<McpServer>> servers, TokenStore store, Duration lockTimeout,
			WorkThreads threads) {
		this.servers = servers;
		this.store = store;
		this.lockTimeout = lockTimeout;
		this.threads = threads;
	}

	@Override
	public Mono<List<Finding>> run(Request request) {
		return Mono.fromCallable(() -> read(request))
			.subscribeOn(this.threads.blocking())
			.flatMapMany(Flux::fromIterable)
			.concatMap((login) -> take(login, request))
			.collectList();
	}

	private List<ForeignLogin> read(Request request) {
		ForeignStore foreign = STORES.get(request.source());
		if (foreign == null) {
			throw new IllegalArgumentException("There is no store of " + request.source());
		}
		Path path = request.path();
		Path from = (path != null) ? path : foreign.usualPath();
		if (!Files.exists(from)) {
			throw new GrantImportException(
					"There is nothing at %s. Name the directory of the other agent after %s".formatted(from, "--from"),
					null);
		}
		try {
			return foreign.read(from, this.servers.get());
		}
		catch (IOException ex) {
			throw new GrantImportException("%s cannot be read: %s".formatted(from, FileFailure.reason(ex)), ex);
		}
	}

	private Mono<Finding> take(ForeignLogin login, Request request) {
		McpServer server = server(login.url());
		Grant grant = login.grant();
		if (grant == null) {
			return Mono.just(finding(login, server, ImportOutcome.FAILED, login.problem()));
		}
		if (server == null) {
			return Mono.just(finding(login, null, ImportOutcome.NO_SERVER,
					(login.url() != null) ? "no server here has its URL; set 'mcp.servers.<name>.url'"
							: "the source does not say for which URL it is, and no server here fits"));
		}
		Mono<Finding> work = this.store.load(server.key())
			.onErrorResume(CorruptRecordException.class, (ex) -> Mono.empty())
			.map(StoredGrantImporter::present)
			.defaultIfEmpty(Present.NOTHING)
			.flatMap((present) -> take(login, grant, server, present.grant(), request));
		Mono<Finding> locked = (request.mode() == Mode.LIST) ? work
				: this.store.locked(server.key(), this.lockTimeout, work);
		return locked.onErrorResume(TokenStoreException.class,
				(ex) -> Mono.just(finding(login, server, ImportOutcome.FAILED, ex.getMessage())));
	}

	private Mono<Finding> take(ForeignLogin login, Grant grant, McpServer server, @Nullable Grant present,
			Request request) {
		if (present != null && !request.replace()) {
			return Mono.just(finding(login, server, ImportOutcome.EXISTS,
					"there is a login for that server already; --replace replaces it"));
		}
		if (request.mode() == Mode.LIST) {
			return Mono.just(finding(login, server, ImportOutcome.FOUND, null));
		}
		GrantKey key = server.key();
		OAuthClient client = login.client();
		Mono<Void> saveClient = (client != null) ? this.store.saveClient(key, withIssuer(client, login)) : Mono.empty();
		@Nullable Map<String, Object> metadata = login.metadata().isEmpty() ? null : login.metadata();
		Grant next = completed(grant, login).mutate()
			.generation((present != null) ? present.generation() + 1 : 1)
			.build();
		return saveClient.then(this.store.save(key, next, present, metadata))
			.then((request.mode() == Mode.MOVE) ? remove(login, server)
					: Mono.just(finding(login, server, ImportOutcome.IMPORTED, null)));
	}

	private Mono<Finding> remove(ForeignLogin login, McpServer server) {
		return Mono.fromCallable(() -> {
			try {
				login.removal().remove();
				return finding(login, server, ImportOutcome.MOVED, null);
			}
			catch (IOException | GrantImportException ex) {
				return finding(login, server, ImportOutcome.IMPORTED,
						"it could not be removed from the source: " + FileFailure.reason(ex));
			}
		}).subscribeOn(this.threads.blocking());
	}

	private @Nullable McpServer server(@Nullable String url) {
		String wanted = (url != null) ? normalized(url) : null;
		return (wanted != null) ? this.servers.get()
			.stream()
			.filter((server) -> wanted.equals(normalized(server.url().toString())))
			.findFirst()
			.orElse(null) : null;
	}

	/**
	 * Complete the grant with the client, issuer and token endpoint that the source keeps
	 * in other files.
	 */
	private static Grant completed(Grant grant, ForeignLogin login) {
		Grant.Builder completed = grant.mutate();
		OAuthClient client = login.client();
		if (grant.clientId() == null && client != null) {
			completed.clientId(client.clientId());
		}
		if (grant.issuer() == null && login.metadata().get("issuer") instanceof String issuer) {
			completed.issuer(issuer);
		}
		if (grant.tokenEndpoint() == null && login.metadata().get("token_endpoint") instanceof String endpoint) {
			try {
				completed.tokenEndpoint(new URI(endpoint));
			}
			catch (URISyntaxException ex) {
				// It is looked up when it is needed
			}
		}
		return completed.build();
	}

	private static OAuthClient withIssuer(OAuthClient client, ForeignLogin login) {
		String issuer = (login.metadata().get("issuer") instanceof String text) ? text : null;
		return (client.issuer() != null || issuer == null) ? client : client.mutate().issuer(issuer).build();
	}

	private static @Nullable String normalized(String url) {
		try {
			URI uri = new URI(url.strip()).normalize();
			if (uri.getScheme() == null || uri.getHost() == null) {
				return null;
			}
			String path = (uri.getRawPath() != null) ? uri.getRawPath().replaceAll("/+$", "") : "";
			String query = (uri.getRawQuery() != null) ? "?" + uri.getRawQuery() : "";
			return HttpAddress.origin(uri) + path + query;
		}
		catch (URISyntaxException ex) {
			return null;
		}
	}

	private static Finding finding(ForeignLogin login, @Nullable McpServer server, ImportOutcome outcome,
			@Nullable String detail) {
		Grant grant = login.grant();
		return new Finding(login.location(), login.name(), login.url(), (server != null) ? server.name() : null,
				outcome, (grant != null) ? grant.expiresAt() : null, grant != null && grant.refreshToken() != null,
				detail);
	}

	private static Present present(StoredGrant stored) {
		return new Present(stored.grant());
	}

	private record Present(@Nullable Grant grant) {

		static final Present NOTHING = new Present(null);

	}

}
