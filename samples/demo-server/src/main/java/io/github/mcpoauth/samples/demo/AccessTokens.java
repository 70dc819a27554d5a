// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.samples.demo;

import java.util.Collection;
import java.util.List;
import java.util.Map;

import org.springframework.security.core.GrantedAuthority;
import org.springframework.security.core.authority.SimpleGrantedAuthority;
import org.springframework.security.oauth2.core.DefaultOAuth2AuthenticatedPrincipal;
import org.springframework.security.oauth2.core.OAuth2AccessToken;
import org.springframework.security.oauth2.core.OAuth2AuthenticatedPrincipal;
import org.springframework.security.oauth2.core.OAuth2AuthenticationException;
import org.springframework.security.oauth2.core.OAuth2Error;
import org.springframework.security.oauth2.core.endpoint.OAuth2AuthorizationRequest;
import org.springframework.security.oauth2.server.authorization.OAuth2Authorization;
import org.springframework.security.oauth2.server.authorization.OAuth2TokenType;
import org.springframework.security.oauth2.server.authorization.authentication.OAuth2AuthorizationGrantAuthenticationToken;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenClaimsContext;
import org.springframework.security.oauth2.server.authorization.token.OAuth2TokenCustomizer;
import org.springframework.security.oauth2.server.resource.introspection.BadOpaqueTokenException;
import org.springframework.security.oauth2.server.resource.introspection.OpaqueTokenIntrospector;
import org.springframework.stereotype.Component;

/**
 * Both ends of an access token: it is issued for the resource that was asked for (RFC
 * 8707) and accepted as long as its grant is alive and it is meant for this resource.
 */
@Component
final class AccessTokens implements OpaqueTokenIntrospector, OAuth2TokenCustomizer<OAuth2TokenClaimsContext> {

	private static final String RESOURCE = "resource";

	private final Grants grants;

	private final DemoProperties properties;

	AccessTokens(Grants grants, DemoProperties properties) {
		this.grants = grants;
		this.properties = properties;
	}

	@Override
	public void customize(OAuth2TokenClaimsContext context) {
		String resource = resource(context);
		if (!resource.equals(ProtectedResource.identifier()) && !this.properties.resources().contains(resource)) {
			throw new OAuth2AuthenticationException(
					new OAuth2Error("invalid_target", "There is no resource " + resource, null));
		}
		context.getClaims().audience(List.of(resource));
	}

	private static String resource(OAuth2TokenClaimsContext context) {
		OAuth2AuthorizationGrantAuthenticationToken grant = context.getAuthorizationGrant();
		Object asked = (grant != null) ? grant.getAdditionalParameters().get(RESOURCE) : null;
		OAuth2Authorization authorization = context.getAuthorization();
		if (asked == null && authorization != null) {
			OAuth2AuthorizationRequest request = authorization.getAttribute(OAuth2AuthorizationRequest.class.getName());
			asked = (request != null) ? request.getAdditionalParameters().get(RESOURCE) : null;
		}
		return (asked != null) ? asked.toString() : ProtectedResource.identifier();
	}

	@Override
	public OAuth2AuthenticatedPrincipal introspect(String token) {
		OAuth2Authorization authorization = this.grants.findByToken(token, OAuth2TokenType.ACCESS_TOKEN);
		OAuth2Authorization.Token<OAuth2AccessToken> accessToken = (authorization != null)
				? authorization.getAccessToken() : null;
		if (authorization == null || accessToken == null || !accessToken.isActive()) {
			throw new BadOpaqueTokenException("The token is expired, revoked or not from here");
		}
		Map<String, Object> claims = accessToken.getClaims();
		if (claims == null || !(claims.get("aud") instanceof Collection<?> audience)
				|| !audience.contains(ProtectedResource.identifier())) {
			throw new BadOpaqueTokenException("The token is for another resource");
		}
		List<GrantedAuthority> authorities = accessToken.getToken()
			.getScopes()
			.stream()
			.<GrantedAuthority>map((scope) -> new SimpleGrantedAuthority("SCOPE_" + scope))
			.toList();
		return new DefaultOAuth2AuthenticatedPrincipal(authorization.getPrincipalName(), claims, authorities);
	}

}
