// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.testing;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.security.PublicKey;
import java.text.ParseException;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import io.github.mcpoauth.internal.text.ForeignJson;
import org.jspecify.annotations.Nullable;

/**
 * The part of an authorization server that fetches client ID metadata documents, as
 * strict as draft-ietf-oauth-client-id-metadata-document allows.
 */
public final class MetadataDocumentReader {

	private final HttpClient client = HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();

	private final List<String> refusals = new CopyOnWriteArrayList<>();

	private final UnaryOperator<URI> route;

	MetadataDocumentReader(UnaryOperator<URI> route) {
		this.route = route;
	}

	/**
	 * Why documents were refused.
	 */
	public List<String> refusals() {
		return this.refusals;
	}

	boolean redirectsTo(String clientId, String redirectUri) {
		Map<String, Object> document = document(clientId);
		if (document == null) {
			return false;
		}
		boolean listed = ((Collection<?>) Objects.requireNonNull(document.get("redirect_uris"))).stream()
			.map(String::valueOf)
			.anyMatch((uri) -> uri.equals(redirectUri) || (uri.matches("http://(127\\.0\\.0\\.1|localhost)/.*")
					&& uri.equals(redirectUri.replaceFirst(":\\d+", ""))));
		return listed || refuse("does not list " + redirectUri);
	}

	boolean isPublic(String clientId) {
		Map<String, Object> document = document(clientId);
		return document != null
				&& ("none".equals(document.get("token_endpoint_auth_method")) || refuse("has to authenticate"));
	}

	@Nullable PublicKey key(String clientId, @Nullable String name) {
		Map<String, Object> document = document(clientId);
		if (document == null || !(document.get("jwks_uri") instanceof String uri)) {
			return null;
		}
		try {
			String body = Objects.requireNonNullElse(fetch(uri), "");
			JWKSet set = JWKSet.parse(body);
			JWK key = (name != null) ? set.getKeyByKeyId(name) : null;
			if (key == null || key.isPrivate() || body.contains("\"d\"")) {
				refuse("has no public key " + name);
				return null;
			}
			return key.toECKey().toPublicKey();
		}
		catch (ParseException | JOSEException ex) {
			refuse("has no keys");
			return null;
		}
	}

	private @Nullable Map<String, Object> document(String clientId) {
		String body = fetch(clientId);
		Map<String, Object> document = (body != null) ? ForeignJson.object(body) : null;
		if (document == null) {
			refuse("is no document");
			return null;
		}
		String method = String.valueOf(document.get("token_endpoint_auth_method"));
		boolean good = (clientId.equals(document.get("client_id")) || refuse("names another client_id"))
				&& (document.get("client_name") instanceof String || refuse("has no client_name"))
				&& (document.get("redirect_uris") instanceof Collection<?> || refuse("has no redirect_uris"))
				&& (!document.containsKey("client_secret") || refuse("has a secret"))
				&& (List.of("none", "private_key_jwt").contains(method) || refuse("has method " + method))
				&& (List.of(method).equals(document.get("token_endpoint_auth_methods_supported"))
						|| refuse("has no list of methods"));
		return good ? document : null;
	}

	private @Nullable String fetch(String uri) {
		try {
			HttpResponse<String> response = this.client
				.send(HttpRequest.newBuilder(this.route.apply(URI.create(uri))).build(), BodyHandlers.ofString());
			boolean json = response.headers().firstValue("Content-Type").orElse("").startsWith("application/json");
			return (response.statusCode() == 200 && json) ? response.body() : null;
		}
		catch (IOException ex) {
			return null;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return null;
		}
	}

	private boolean refuse(String reason) {
		this.refusals.add(reason);
		return false;
	}

}
