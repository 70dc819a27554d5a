// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.web;

import java.util.Map;

/**
 * A message that is a page of its own.
 *
 * @param title name of its title among the texts
 * @param text name of its text
 * @param atList whether it stands at the address of the list, and not below it
 * @param values values that the text places
 */
record PageMessage(String title, String text, boolean atList, Map<String, String> values) {

	/**
	 * A message with a title and a text under the same name.
	 */
	static PageMessage of(String name) {
		return new PageMessage(name + ".title", name + ".text", false, Map.of());
	}

	PageMessage atList(boolean list) {
		return new PageMessage(this.title, this.text, list, this.values);
	}

	PageMessage with(String name, String value) {
		return new PageMessage(this.title, this.text, this.atList, Map.of(name, value));
	}

}
