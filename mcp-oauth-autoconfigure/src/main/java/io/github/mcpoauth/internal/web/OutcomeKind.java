// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

/**
 * How a user's action went.
 */
enum OutcomeKind {

	/**
	 * As the user meant it.
	 */
	DONE("done", "status"),

	/**
	 * Otherwise, without a fault.
	 */
	NOTE("note", "status"),

	/**
	 * It failed.
	 */
	FAILED("failed", "alert");

	private final String style;

	private final String role;

	OutcomeKind(String style, String role) {
		this.style = style;
		this.role = role;
	}

	String style() {
		return this.style;
	}

	String role() {
		return this.role;
	}

}
