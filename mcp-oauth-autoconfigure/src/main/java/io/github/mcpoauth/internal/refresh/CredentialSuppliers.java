// SPDX-License-Identifier: Apache-2.0

package io.github.mcpoauth.internal.refresh;

import io.github.mcpoauth.principal.AssertionSupplier;
import io.github.mcpoauth.principal.SubjectTokenSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The application's own sources of credentials, for grants without a login.
 *
 * @param assertions supplies assertions that are in no file, {@code null} without such a
 * bean
 * @param subjectTokens supplies users' tokens that are in no file, {@code null} without
 * such a bean
 */
public record CredentialSuppliers(@Nullable AssertionSupplier assertions,
		@Nullable SubjectTokenSupplier subjectTokens) {

}
