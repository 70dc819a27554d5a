// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

/**
 * A hidden field that every form of a page has.
 *
 * @param name name of the field
 * @param value its value
 */
record FormField(String name, String value) {

	@Override
	public String toString() {
		return "FormField[name=%s]".formatted(this.name);
	}

}
