// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.login;

import java.net.URI;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.github.mcpoauth.LoginException.Reason;
import io.github.mcpoauth.McpServer;
import io.github.mcpoauth.Secret;
import io.github.mcpoauth.grant.OAuthClient;
import io.github.mcpoauth.internal.protocol.AuthorizationServerMetadata;
import io.github.mcpoauth.internal.protocol.DPoPKey;
import io.github.mcpoauth.internal.protocol.TokenAudience;
import io.github.mcpoauth.internal.store.record.ClientDocument;
import io.github.mcpoauth.internal.store.record.JsonMembers;
import io.github.mcpoauth.internal.store.record.MalformedRecordException;
import org.jspecify.annotations.Nullable;

/**
 * The members that another process needs to finish a login: the two sides of the exchange
 * as they were when the login began, and the secrets of its flow.
 */
final class FinishingSecrets {

	private final Map<String, Object> members;

	private FinishingSecrets(Map<String, Object> members) {
		this.members = members;
	}

	/**
	 * Collect the members that all flows need. The secrets of a client of the settings
	 * are not among them, because each process has its own settings.
	 * @param client our client
	 * @param metadata metadata of the authorization server
	 * @param audience the audience of the token
	 * @return the members
	 */
	static FinishingSecrets of(OAuthClient client, AuthorizationServerMetadata metadata, TokenAudience audience) {
		FinishingSecrets secrets = new FinishingSecrets(new LinkedHashMap<>());
		secrets.put("client", (client.origin() == OAuthClient.Origin.REGISTERED) ? ClientDocument.members(client)
				: Map.of("client_id", client.clientId(), "origin", client.origin().name()));
		secrets.put("metadata", metadata.members());
		secrets.put("resource", audience.resource());
		secrets.put("scopes", List.copyOf(audience.scopes()));
		secrets.put("dpop_key", (audience.dpopKey() != null) ? audience.dpopKey().toSecret().reveal() : null);
		return secrets;
	}

	/**
	 * Take the members of a login.
	 */
	static FinishingSecrets of(PendingLogin login) {
		return new FinishingSecrets(login.secrets());
	}

	FinishingSecrets put(String name, @Nullable Object value) {
		if (value != null) {
			this.members.put(name, value);
		}
		return this;
	}

	Map<String, Object> members() {
		return this.members;
	}

	/**
	 * The client of the settings of this process, or the registered one.
	 */
	OAuthClient client(McpServer server) throws MalformedRecordException {
		OAuthClient client = ClientDocument.parse(JsonMembers.render(PendingLogin.object(this.members.get("client"))));
		if (client.origin() == OAuthClient.Origin.REGISTERED) {
			return client;
		}
		OAuthClient configured = OAuthClient.of(server.oauth(), client.clientId());
		if (configured == null) {
			throw LoginFailures.failure(server, Reason.CONFIGURATION,
					"another process began it with a client that the settings of this process do not have. Give all processes the same settings");
		}
		return configured;
	}

	AuthorizationServerMetadata metadata() throws MalformedRecordException {
		try {
			return new AuthorizationServerMetadata(PendingLogin.object(this.members.get("metadata")));
		}
		catch (IllegalArgumentException ex) {
			throw new MalformedRecordException("has no metadata of an authorization server");
		}
	}

	TokenAudience audience(Clock clock) throws MalformedRecordException {
		JsonMembers read = read();
		Secret key = read.secret("dpop_key");
		try {
			return TokenAudience.of(metadata(), read.text("resource"), read.words("scopes"),
					(key != null) ? DPoPKey.of(key, clock) : null);
		}
		catch (IllegalArgumentException ex) {
			throw new MalformedRecordException("has a key that cannot be used");
		}
	}

	Secret secret(String name) throws MalformedRecordException {
		return required(read().secret(name));
	}

	URI uri(String name) throws MalformedRecordException {
		return required(read().uri(name));
	}

	/**
	 * Names with a list of texts each.
	 */
	Map<String, List<String>> lists(String name) throws MalformedRecordException {
		Map<String, List<String>> lists = new LinkedHashMap<>();
		for (Map.Entry<String, Object> list : PendingLogin.object(this.members.get(name)).entrySet()) {
			if (!(list.getValue() instanceof List<?> texts)) {
				throw new MalformedRecordException("has a member that is no list");
			}
			lists.put(list.getKey(), texts.stream().map(String::valueOf).toList());
		}
		return lists;
	}

	long count(String name) throws MalformedRecordException {
		return read().count(name);
	}

	/**
	 * Reading takes a member out.
	 */
	private JsonMembers read() {
		return JsonMembers.of(this.members);
	}

	private static <T> T required(@Nullable T value) throws MalformedRecordException {
		if (value == null) {
			throw new MalformedRecordException("lacks a member that finishing the login needs");
		}
		return value;
	}

}
