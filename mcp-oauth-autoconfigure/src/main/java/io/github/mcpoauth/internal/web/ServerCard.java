// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.util.List;

import io.github.mcpoauth.Secret;
import org.jspecify.annotations.Nullable;

/**
 * One server on the page, with the values that its template shows.
 *
 * @param identity which server it is
 * @param state its state
 * @param problem a problem to tell, {@code null} if absent
 * @param login the login in progress, {@code null} if absent
 * @param questions the addresses that the server wants the user to open
 * @param grant the grant, {@code null} if nothing is known of one
 * @param actions the actions the user has, {@code null} if absent
 */
record ServerCard(Identity identity, CardState state, @Nullable Problem problem, @Nullable LoginState login,
		List<QuestionNotice> questions, @Nullable GrantFacts grant, @Nullable Actions actions) {

	String id() {
		return this.identity.id();
	}

	String server() {
		return this.identity.server();
	}

	String name() {
		return server();
	}

	String url() {
		return this.identity.url();
	}

	/**
	 * Changes whenever the card looks different.
	 */
	String version() {
		return Secret.of(toString()).fingerprint();
	}

	/**
	 * A server.
	 *
	 * @param id its name in the markup
	 * @param server its name
	 * @param url its address
	 */
	record Identity(String id, String server, String url) {

	}

	/**
	 * A problem.
	 *
	 * @param text name of its text
	 * @param nextTry when the application tries again, {@code null} if it does not
	 */
	record Problem(String text, @Nullable PageTime nextTry) {

	}

	/**
	 * A login in progress.
	 *
	 * @param own whether the visitor started it
	 * @param host the address that the user goes to
	 * @param link where the code is confirmed, {@code null} without a code
	 * @param code the code to enter or compare, {@code null} if absent
	 * @param until its end
	 */
	record LoginState(boolean own, @Nullable String host, @Nullable String link, @Nullable String code,
			PageTime until) {

	}

	/**
	 * A grant.
	 *
	 * @param scopes its scopes
	 * @param expiry name of the text about its expiry
	 * @param expiresAt its expiry, {@code null} if not known
	 * @param renewable whether it is renewed without the user
	 * @param issuer issuer of the authorization server, {@code null} if not known
	 */
	record GrantFacts(List<Scope> scopes, String expiry, @Nullable PageTime expiresAt, boolean renewable,
			@Nullable String issuer) {

		boolean scoped() {
			return !this.scopes.isEmpty();
		}

	}

	/**
	 * A scope.
	 *
	 * @param name its name
	 * @param known whether there is a text for it
	 */
	record Scope(String name, boolean known) {

	}

	/**
	 * The buttons.
	 *
	 * @param flow id of the login in progress, {@code null} if absent
	 * @param own whether the visitor started it
	 * @param code the code of that login, {@code null} if absent
	 * @param onward where that login is continued, {@code null} if absent
	 * @param offersCode whether a code can be used instead
	 * @param needed whether a login is needed
	 * @param connected whether there is a grant
	 * @param elsewhere the login page of the application, where the server is connected,
	 * {@code null} if it is connected here
	 */
	record Actions(@Nullable String flow, boolean own, @Nullable String code, @Nullable String onward,
			boolean offersCode, boolean needed, boolean connected, @Nullable String elsewhere) {

		boolean disconnectable() {
			return this.connected && this.elsewhere == null && (this.flow == null || !this.own);
		}

	}

}
