// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.demo;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2RefreshToken;
import org.springframework.security.oauth2.server.authorization.InMemoryOAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2AuthorizationService;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.stereotype.Component;

/**
 * Keeps authorizations in memory and makes refresh tokens truly single-use.
 * <p>
 * A token request takes its refresh token out when it looks it up, so that of two
 * requests with the same token one finds nothing. With reuse detection the second one
 * revokes the grant: a grant that the first one is still about to store is stored
 * revoked.
 */
@Component
final class Grants implements OAuth2AuthorizationService {

	private final OAuth2AuthorizationService delegate = new InMemoryOAuth2AuthorizationService();

	/** The ids of all authorizations that have tokens. */
	private final Map<String, State> states = new ConcurrentHashMap<>();

	/** Spent refresh tokens and the authorization each belongs to. */
	private final Map<String, String> spent = new ConcurrentHashMap<>();

	private final boolean reuseDetection;

	Grants(DemoProperties properties) {
		this.reuseDetection = properties.reuseDetection();
	}

	@Override
	public synchronized void save(OAuth2Authorization authorization) {
		OAuth2Authorization current = authorization;
		if (authorization.getAccessToken() != null
				&& this.states.putIfAbsent(authorization.getId(), State.LIVE) == State.REVOKED) {
			current = revoked(authorization);
		}
		this.delegate.save(current);
	}

	@Override
	public synchronized void remove(OAuth2Authorization authorization) {
		this.delegate.remove(authorization);
		this.states.remove(authorization.getId());
	}

	@Override
	public @Nullable OAuth2Authorization findById(String id) {
		return this.delegate.findById(id);
	}

	@Override
	public synchronized @Nullable OAuth2Authorization findByToken(String token, @Nullable OAuth2TokenType tokenType) {
		if (tokenType == null || !OAuth2TokenType.REFRESH_TOKEN.equals(tokenType)) {
			return this.delegate.findByToken(token, tokenType);
		}
		String owner = this.spent.get(token);
		if (owner != null) {
			if (this.reuseDetection) {
				revoke(owner);
			}
			return null;
		}
		OAuth2Authorization authorization = this.delegate.findByToken(token, tokenType);
		if (authorization != null) {
			this.spent.put(token, authorization.getId());
		}
		return authorization;
	}

	/**
	 * Make all access tokens worthless and leave the refresh tokens alone.
	 * @return how many there were
	 */
	synchronized int revokeAccessTokens() {
		return changeAll(Grants::withoutAccessToken);
	}

	/**
	 * Make all tokens worthless.
	 * @return how many grants there were
	 */
	synchronized int revokeAll() {
		List<String> live = live();
		live.forEach(this::revoke);
		return live.size();
	}

	private void revoke(String id) {
		this.states.put(id, State.REVOKED);
		change(id, Grants::revoked);
	}

	private int changeAll(UnaryOperator<OAuth2Authorization> change) {
		List<String> live = live();
		live.forEach((id) -> change(id, change));
		return live.size();
	}

	private List<String> live() {
		List<String> live = new ArrayList<>();
		this.states.forEach((id, state) -> {
			if (state == State.LIVE) {
				live.add(id);
			}
		});
		return live;
	}

	private void change(String id, UnaryOperator<OAuth2Authorization> change) {
		OAuth2Authorization authorization = this.delegate.findById(id);
		if (authorization != null) {
			this.delegate.save(change.apply(authorization));
		}
	}

	private static OAuth2Authorization withoutAccessToken(OAuth2Authorization authorization) {
		OAuth2Authorization.Token<OAuth2AccessToken> token = authorization.getAccessToken();
		return (token != null) ? OAuth2Authorization.from(authorization).invalidate(token.getToken()).build()
				: authorization;
	}

	private static OAuth2Authorization revoked(OAuth2Authorization authorization) {
		OAuth2Authorization.Token<OAuth2RefreshToken> token = authorization.getRefreshToken();
		OAuth2Authorization withoutRefreshToken = (token != null)
				? OAuth2Authorization.from(authorization).invalidate(token.getToken()).build() : authorization;
		return withoutAccessToken(withoutRefreshToken);
	}

	private enum State {

		LIVE, REVOKED

	}

}
